using Fovea.Models.Initialisation;

namespace Fovea.Pipeline.Stages;

/// <summary>A model from scratch: a preset's name, and sizes that differ from it.</summary>
public sealed record PresetChoice
{
    /// <summary>E.g. <c>tiny-llava</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Sizes to override.</summary>
    public PresetSizes? Sizes { get; init; }

    /// <summary>A LLaVA preset's tower from a file, which stays as it is; absent: one from scratch.</summary>
    public PresetTower? Tower { get; init; }
}

/// <summary>What a model sees of a sample.</summary>
public enum CorpusView
{
    /// <summary>Text and images.</summary>
    Image,

    /// <summary>Text alone: PRIOR's reference, and the LM that a decoder starts from.</summary>
    TextOnly,
}
