namespace Fovea.Models.Families;

/// <summary>The parts of a model, under one name whatever its family, by the names of its parameters.</summary>
public static class ParameterPart
{
    /// <summary>The vision tower.</summary>
    public const string Tower = "tower";

    /// <summary>What leads from the tower's features to the decoder.</summary>
    public const string Projector = "projector";

    /// <summary>What leads from patches of pixels to the decoder, in a model without a tower (SOLO).</summary>
    public const string PatchEmbedding = "patch_embedding";

    /// <summary>The language model, with embedding and head.</summary>
    public const string Decoder = "decoder";

    /// <summary>All of them; no model has each.</summary>
    public static IReadOnlyList<string> Names { get; } = [Tower, Projector, PatchEmbedding, Decoder];

    /// <summary>The part that a parameter belongs to.</summary>
    public static string Of(string parameter) =>
        parameter.StartsWith(LlavaModel.TowerPrefix, StringComparison.Ordinal) ? Tower
        : parameter.StartsWith(LlavaModel.ProjectorPrefix, StringComparison.Ordinal) ? Projector
        : parameter.StartsWith(SoloModel.PatchName, StringComparison.Ordinal) ? PatchEmbedding
        : Decoder;
}
