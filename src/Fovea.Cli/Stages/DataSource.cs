using System.Text.Json.Serialization;

namespace Fovea.Cli.Stages;

/// <summary>In which form a corpus file is.</summary>
internal enum DataFormat
{
    /// <summary>As the file looks: COCO captions by their keys, else conversations.</summary>
    Auto,

    /// <summary>Conversations in LLaVA's form or as chat messages, JSON or JSON Lines.</summary>
    Llava,

    /// <summary>COCO captions JSON.</summary>
    Coco,
}

/// <summary>A corpus file, its images, and which part of it to use.</summary>
internal sealed record DataSource
{
    /// <summary>The file.</summary>
    public required string File { get; init; }

    /// <summary>Folder of its images; absent: the file's own folder.</summary>
    public string? Images { get; init; }

    /// <summary>Where image names are resolved.</summary>
    [JsonIgnore]
    public string ImageFolder => Images ?? Path.GetDirectoryName(Path.GetFullPath(File))!;

    /// <summary>Form of the file.</summary>
    public DataFormat Format { get; init; }

    /// <summary>Photographs to leave out at the start (COCO: in order of the file's image list).</summary>
    public int SkipImages { get; init; }

    /// <summary>Photographs to take after those; absent: all.</summary>
    public int? TakeImages { get; init; }
}
