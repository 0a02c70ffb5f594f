using Fovea.Models.Configs;

namespace Fovea.Models.Initialisation;

/// <summary>The vocabulary a new model is made for. Image ids are needed by the families that see images.</summary>
/// <param name="VocabSize">Number of ids.</param>
/// <param name="BosId">Begins a text.</param>
/// <param name="EosId">Ends a text.</param>
/// <param name="PadId">Padding.</param>
/// <param name="ImageTokenId">LLaVA: the image token.</param>
/// <param name="VisionTokenIds">SOLO: the image tokens.</param>
public sealed record PresetVocabulary(
    int VocabSize, int? BosId = null, int? EosId = null, int? PadId = null, int? ImageTokenId = null, VisionTokenIds? VisionTokenIds = null);

/// <summary>Sizes that replace a preset's own; null keeps it.</summary>
public sealed record PresetSizes
{
    /// <summary>Width of the decoder.</summary>
    public int? HiddenSize { get; init; }

    /// <summary>Blocks of the decoder.</summary>
    public int? NumLayers { get; init; }

    /// <summary>Heads of the decoder (query, and key and value alike).</summary>
    public int? NumHeads { get; init; }

    /// <summary>Width inside the decoder's MLP.</summary>
    public int? IntermediateSize { get; init; }

    /// <summary>Longest sequence, in tokens.</summary>
    public int? MaxPositions { get; init; }

    /// <summary>Side of the image, in pixels (LLaVA).</summary>
    public int? ImageSize { get; init; }

    /// <summary>Side of a patch, in pixels.</summary>
    public int? PatchSize { get; init; }

    /// <summary>Width of the tower.</summary>
    public int? VisionHiddenSize { get; init; }

    /// <summary>Blocks of the tower.</summary>
    public int? VisionNumLayers { get; init; }

    /// <summary>Heads of the tower.</summary>
    public int? VisionNumHeads { get; init; }

    /// <summary>Width inside the tower's MLP.</summary>
    public int? VisionIntermediateSize { get; init; }

    /// <summary>Whether the head is the embedding.</summary>
    public bool? TieWordEmbeddings { get; init; }

    /// <summary>
    /// Standard deviation of new weights; null: by fan-in, 1 / sqrt(inputs) for linear maps and convolutions, 0.02 for embeddings and the head.
    /// </summary>
    public double? InitializerRange { get; init; }

    /// <summary>These sizes where given, else <paramref name="own"/>.</summary>
    internal PresetSizes Over(PresetSizes own) => new()
    {
        HiddenSize = HiddenSize ?? own.HiddenSize,
        NumLayers = NumLayers ?? own.NumLayers,
        NumHeads = NumHeads ?? own.NumHeads,
        IntermediateSize = IntermediateSize ?? own.IntermediateSize,
        MaxPositions = MaxPositions ?? own.MaxPositions,
        ImageSize = ImageSize ?? own.ImageSize,
        PatchSize = PatchSize ?? own.PatchSize,
        VisionHiddenSize = VisionHiddenSize ?? own.VisionHiddenSize,
        VisionNumLayers = VisionNumLayers ?? own.VisionNumLayers,
        VisionNumHeads = VisionNumHeads ?? own.VisionNumHeads,
        VisionIntermediateSize = VisionIntermediateSize ?? own.VisionIntermediateSize,
        TieWordEmbeddings = TieWordEmbeddings ?? own.TieWordEmbeddings,
        InitializerRange = InitializerRange ?? own.InitializerRange,
    };
}
