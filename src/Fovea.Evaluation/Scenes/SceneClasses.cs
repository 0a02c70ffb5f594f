namespace Fovea.Evaluation.Scenes;

/// <summary>Names of the token classes of scene captions as they stand in metric names.</summary>
internal static class SceneClasses
{
    public const string Count = "count", Noise = "noise";

    /// <summary>Classes whose words only the image decides. Counts are apart: they follow from the objects named before.</summary>
    public static readonly IReadOnlySet<string> Grounded =
        new HashSet<string>(StringComparer.Ordinal) { "colour", "position", "shape", "size", "background" };
}
