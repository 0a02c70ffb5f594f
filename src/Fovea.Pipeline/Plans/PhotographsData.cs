using System.Text.Json.Serialization;
using Fovea.Core.Errors;

namespace Fovea.Pipeline.Plans;

/// <summary>Photographs with captions in COCO's form.</summary>
public sealed record PhotographsData
{
    /// <summary>COCO captions JSON.</summary>
    public required string Captions { get; init; }

    /// <summary>Folder of the photographs.</summary>
    public required string Images { get; init; }

    /// <summary>Whether a symbolic link may lead out of that folder.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool FollowLinks { get; init; }

    /// <summary>Folder with <c>tokenizer.json</c>.</summary>
    public required string Tokenizer { get; init; }

    /// <summary>The first so many photographs train.</summary>
    public required int NumTrain { get; init; }

    /// <summary>The next so many are only looked at.</summary>
    public required int NumHeldOut { get; init; }

    /// <summary>Side of the model's input, in pixels.</summary>
    public int ImageSize { get; init; } = 98;

    /// <summary>Side of a patch, in pixels.</summary>
    public int PatchSize { get; init; } = 14;

    /// <summary>A word must occur this often to be listed.</summary>
    public int MinWordCount { get; init; } = 8;

    /// <summary>Checks ranges.</summary>
    /// <exception cref="FoveaException">The first value that is out of range, by its key.</exception>
    public void Validate()
    {
        RunConfig.Range("photographs.num_train", NumTrain, 1, int.MaxValue);
        RunConfig.Range("photographs.num_held_out", NumHeldOut, 1, int.MaxValue);
        RunConfig.Range("photographs.patch_size", PatchSize, 1, int.MaxValue);
        RunConfig.Range("photographs.image_size", ImageSize, PatchSize, int.MaxValue);
        RunConfig.Range("photographs.min_word_count", MinWordCount, 1, int.MaxValue);
    }
}
