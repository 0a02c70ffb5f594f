using Fovea.Data.Scenes;

namespace Fovea.Evaluation.Scenes;

/// <summary>Names of the token classes of scene captions as they appear in metric names.</summary>
internal static class SceneClasses
{
    public const string Count = "count", Noise = "noise";

    /// <summary>Classes whose words only the image decides, yes and no among them. Counts are apart: they follow from the objects named before.</summary>
    public static readonly IReadOnlySet<string> Grounded =
        new HashSet<string>(StringComparer.Ordinal) { "colour", "position", "shape", "size", "background", "answer" };

    /// <summary>Classes that are also read within their closed word lists.</summary>
    private static readonly TokenClass[] Closed =
        [TokenClass.Colour, TokenClass.Position, TokenClass.Shape, TokenClass.Size, TokenClass.Background, TokenClass.Count];

    /// <summary>Name of a class or a question's type: <c>text_only</c>.</summary>
    public static string NameOf<T>(T value) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    /// <summary>By class the ids of its words under the scenes' tokenizer.</summary>
    public static IReadOnlyDictionary<string, int[]> ClosedIds() => Closed.ToDictionary(NameOf, SceneTokenizer.CompetingIds, StringComparer.Ordinal);

    /// <summary>The class of each target, null for end tokens: <c>[targets]</c>.</summary>
    public static IReadOnlyList<string?> Of(SceneAnnotations annotations, TokenizedSample tokens) =>
        Array.ConvertAll(tokens.TargetSpans, s => annotations.ClassOf(tokens.Key, s) is { } c ? NameOf(c) : null);
}
