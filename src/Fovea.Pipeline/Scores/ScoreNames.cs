namespace Fovea.Pipeline.Scores;

/// <summary>What a score is called where people read it: one name for each condition, however it was asked for.</summary>
public static class ScoreNames
{
    /// <summary>PRIOR's score.</summary>
    public const string Surprise = "1 - p_ref (PRIOR)";

    private static readonly string VisionlessPrefix = Conditions.Visionless("");

    /// <summary>The score against a condition or proxy, e.g. <c>VIG against blur, sigma 7.5</c>.</summary>
    public static string Vig(string conditionOrProxy) => "VIG against " + Against(conditionOrProxy);

    /// <summary>What the image is compared with, e.g. <c>blur, sigma 7.5</c>.</summary>
    /// <param name="conditionOrProxy">A stored condition (<c>visionless:blur7.5</c>), or a proxy as it is asked for (<c>blur@7.5</c>).</param>
    public static string Against(string conditionOrProxy)
    {
        var name = Bare(conditionOrProxy);
        return name switch
        {
            Conditions.TextOnlyReference => "the text-only reference",
            "none" => "no image",
            "black" => "a black image",
            "mean" => "an image of the mean colour",
            "noise" => "an image of noise",
            "other" => "another sample's image",
            "blur" => "blur, sigma a quarter of the side",
            _ => SigmaOf(name) is { } sigma ? string.Create(CultureInfo.InvariantCulture, $"blur, sigma {sigma}") : name,
        };
    }

    /// <summary>A condition in two words for the head of a narrow column, e.g. <c>blur 7.5</c>.</summary>
    public static string ColumnHead(string condition) => condition == Conditions.TextOnlyReference ? "reference" : SigmaOf(condition) is { } sigma
        ? string.Create(CultureInfo.InvariantCulture, $"blur {sigma}")
        : Bare(condition);

    /// <summary>The blur's sigma in pixels where the name says it; null for any other condition.</summary>
    public static double? SigmaOf(string conditionOrProxy) =>
        Bare(conditionOrProxy) is var name && name.StartsWith("blur", StringComparison.Ordinal)
        && double.TryParse(name.AsSpan(4).TrimStart('@'), NumberStyles.Float, CultureInfo.InvariantCulture, out var sigma)
            ? sigma
            : null;

    private static string Bare(string name) => name.StartsWith(VisionlessPrefix, StringComparison.Ordinal) ? name[VisionlessPrefix.Length..] : name;
}
