using Fovea.Models.Configs;
using Fovea.Models.Decoders;
using Fovea.Models.Families;
using Fovea.Models.Parameters;

namespace Fovea.Models.Checkpoints;

/// <summary>A model as its folder describes it, before any element is read: configuration, parameters, and where each of them lies.</summary>
internal sealed class ModelPlan : IDisposable
{
    /// <summary>The folder.</summary>
    public required string Folder { get; init; }

    /// <summary>Family, as <c>VisionLanguageModel.Family</c>.</summary>
    public required string Family { get; init; }

    /// <summary>Key layout, in words.</summary>
    public required string Layout { get; init; }

    /// <summary>The decoder.</summary>
    public required DecoderConfig Text { get; init; }

    /// <summary>The tower; null without one.</summary>
    public VisionConfig? Vision { get; init; }

    /// <summary>The model's parameters.</summary>
    public required IReadOnlyList<ParameterSpec> Specs { get; init; }

    /// <summary>Files that hold them.</summary>
    public required IReadOnlyList<CheckpointPart> Parts { get; init; }

    /// <summary>Configuration files as they stand, by their paths in the folder; the first is <c>config.json</c>.</summary>
    public required IReadOnlyList<ConfigDocument> Documents { get; init; }

    /// <summary>Files beside its parameters that the model is made of: a tower's ONNX file.</summary>
    public IReadOnlyList<string> Companions { get; init; } = [];

    /// <summary>What the companions take in memory: a runtime keeps its own copy of a file's weights.</summary>
    public long CompanionBytes => Companions.Sum(c => new FileInfo(c).Length);

    /// <summary>Makes the model of its parameters.</summary>
    public required Func<ParameterSet, DecoderModel> Build { get; init; }

    /// <summary>What the folder lacks; null where it can be loaded.</summary>
    public string? Lacks { get; init; }

    /// <summary>Image tokens per image, where it is always the same.</summary>
    public int? TokensPerImage { get; init; }

    /// <summary>Id in whose places features go; null where there is none, negative where it is outside every vocabulary.</summary>
    public int? ImageTokenId { get; init; }

    /// <summary>Side of the patches that the decoder reads itself (SOLO), in pixels; null for other models.</summary>
    public int? PatchSize { get; init; }

    /// <summary>Name of the embedding to which the head is tied; null where it is not.</summary>
    public string? TiedEmbedding => Text.TieWordEmbeddings ? Specs.First(s => s.Name.EndsWith(Decoder.EmbeddingName, StringComparison.Ordinal)).Name : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var part in Parts)
        {
            part.Source.Dispose();
        }
    }
}

/// <summary>Tensors of one place, and what they are called in the model.</summary>
/// <param name="Source">The file, or the files of one folder.</param>
/// <param name="Stem">Where a copy is written, without the extension: <c>model</c>, <c>tower/model</c>.</param>
/// <param name="Canonical">From a name in the checkpoint to the parameter's (that of Transformers 4.52); null for what is known and not needed.</param>
internal sealed record CheckpointPart(ITensorSource Source, string Stem, Func<string, string?> Canonical);
