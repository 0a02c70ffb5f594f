using System.Text.Json.Serialization;
using Fovea.Core.Configuration;
using Fovea.Core.Extending;

namespace Fovea.Data.Corpora;

/// <summary>A corpus file, its images, and which part of it to use.</summary>
public sealed record DataSource
{
    private Catalogue<CorpusFormat> _formats = CorpusFormats.BuiltIn;

    /// <summary>The file.</summary>
    [InputPath]
    public required string File { get; init; }

    /// <summary>Folder of its images; absent: the file's own folder.</summary>
    [InputPath]
    public string? Images { get; init; }

    /// <summary>Whether a symbolic link may lead out of the image folder, as where it is put together from links to other disks.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool FollowLinks { get; init; }

    /// <summary>
    /// What samples are known by in scores and weights; absent: the file's name. For a file that was renamed since it was scored,
    /// or one of two files of one name.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    /// <summary>The source in its samples' keys.</summary>
    [JsonIgnore]
    public string Source => Name ?? Path.GetFileName(File);

    /// <summary>Where image names are resolved.</summary>
    [JsonIgnore]
    public string ImageFolder => Images ?? Path.GetDirectoryName(Path.GetFullPath(File))!;

    /// <summary>Form of the file: <c>llava</c> (conversations, JSON or JSON Lines), <c>coco</c> (captions), or <c>auto</c>: as the file looks.</summary>
    public string Format { get; init; } = CorpusFormats.Auto;

    /// <summary>The forms that there are.</summary>
    [JsonIgnore]
    public Catalogue<CorpusFormat> Formats => _formats;

    /// <summary>The same, its form looked for in <paramref name="formats"/>.</summary>
    public DataSource In(Catalogue<CorpusFormat> formats)
    {
        var copy = this with { };
        copy._formats = formats;
        return copy;
    }

    /// <summary>Photographs to leave out at the start (COCO: in order of the file's image list).</summary>
    public int SkipImages { get; init; }

    /// <summary>Photographs to take after those; absent: all.</summary>
    public int? TakeImages { get; init; }

    /// <summary>Checks ranges and the names of forms of a corpus that must be given.</summary>
    /// <exception cref="FoveaException">No file is given, or the first value that is out of range, by its key, or the first form that there is not.</exception>
    public static void Check(IReadOnlyList<DataSource> data)
    {
        if (data.Count == 0)
        {
            throw new FoveaException("'data': expected at least one file");
        }

        Check(data, "data");
    }

    /// <summary>The same of a corpus that may be absent.</summary>
    public static void Check(IReadOnlyList<DataSource> data, string key)
    {
        if (data.FirstOrDefault(d => d.SkipImages < 0 || d.TakeImages < 1) is { } wrong)
        {
            throw new FoveaException(
                $"'{key}': expected skip_images of at least 0 and take_images of at least 1, got {wrong.SkipImages} and {wrong.TakeImages}");
        }

        foreach (var source in data.Where(d => d.Format != CorpusFormats.Auto))
        {
            source.Formats.Of(source.Format, source.File);
        }
    }

    /// <summary>
    /// A configuration in which corpora have their names and not their places: where a corpus lies decides nothing, since what it holds is hashed.
    /// </summary>
    public static JsonObject WithoutPlaces(JsonObject config)
    {
        var plain = config.DeepClone().AsObject();
        Visit(plain);
        return plain;

        static void Visit(JsonNode? node)
        {
            if (node is JsonObject { } source && source["file"] is JsonValue file && source.ContainsKey("format"))
            {
                source["file"] = (string?)source["name"] ?? Path.GetFileName((string?)file);
                foreach (var place in (string[])["name", "images", "follow_links"])
                {
                    source.Remove(place);
                }
            }

            foreach (var child in node switch { JsonObject o => o.Select(p => p.Value), JsonArray a => a, _ => [] })
            {
                Visit(child);
            }
        }
    }
}
