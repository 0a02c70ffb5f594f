using Fovea.Core.Extending;
using Fovea.Models.Configs;
using Fovea.Torch;
using TorchSharp;

namespace Fovea.Models.Checkpoints;

/// <summary>How a model is loaded, and what its folder does not say.</summary>
public sealed record LoadOptions
{
    /// <summary>Where to; null for the CPU.</summary>
    public torch.Device? Device { get; init; }

    /// <summary>Type of the parameters in memory: float32 for training and for comparing numbers.</summary>
    public DType Type { get; init; } = DType.F32;

    /// <summary>
    /// Lets parameters that need no conversion lie in memory mapped from the file, which is read-only: for scoring and generating on
    /// the CPU, never for training.
    /// </summary>
    public bool Mapped { get; init; }

    /// <summary>What memory the parameters' copies may take; more is refused before the first is read. Null for no limit.</summary>
    public MemoryLimit? Memory { get; init; }

    /// <summary>
    /// Original LLaVA and Open-Qwen2VL: folder of the vision tower; null for <c>tower</c> in the model's folder, or the folder its configuration names.
    /// </summary>
    public string? TowerFolder { get; init; }

    /// <summary>
    /// Original LLaVA and Open-Qwen2VL: id of the image placeholder; null for the tokenizer's <c>&lt;image&gt;</c>, or -200 outside the vocabulary.
    /// </summary>
    public int? ImageTokenId { get; init; }

    /// <summary>SOLO: ids of its image tokens; null to take them from the folder.</summary>
    public VisionTokenIds? VisionTokenIds { get; init; }

    /// <summary>The families that the folder may be of.</summary>
    public Catalogue<ModelFamily> Families { get; init; } = ModelFamilies.InUse;
}
