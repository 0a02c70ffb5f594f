namespace Fovea.Pipeline.Findings;

/// <summary>One tuning arm of the demo: what was learnt from.</summary>
/// <param name="Key">Its name in folders and JSON.</param>
/// <param name="Title">Its name in tables.</param>
public sealed record TuningArm(string Key, string Title)
{
    /// <summary>The arm that trains on everything.</summary>
    public const string Vanilla = "vanilla";

    private const string Axis = "run";

    private static readonly Dictionary<string, string> Methods = new(StringComparer.Ordinal)
    {
        ["vig"] = "VIG",
        ["vig-samples"] = "VIG samples",
        ["vig-tokens"] = "VIG tokens",
        ["random-tokens"] = "random tokens",
        ["random-samples"] = "random samples",
        ["random-lengths"] = "random, same lengths",
    };

    /// <summary>The arms that a run tuned, vanilla first.</summary>
    public static IReadOnlyList<TuningArm> Of(FinishedPlan run) =>
    [
        .. run.Stages.Where(s => s.Kind == "train").Select(s => s.Axes.GetValueOrDefault(Axis)).OfType<string>().Distinct()
            .OrderBy(key => key == Vanilla ? 0 : 1).Select(key => new TuningArm(key, TitleOf(run, key))),
    ];

    private static string TitleOf(FinishedPlan run, string key) =>
        run.Config(run.Seeds[0], "weights/" + key) is { } weights && (string?)weights["method"] is { } method
            ? $"{Methods.GetValueOrDefault(method.Replace('_', '-'), method)}, {Threshold(weights)}" : key;

    private static string Threshold(JsonObject weights) => (double?)weights["token_p"] is { } tokens
        ? string.Create(CultureInfo.InvariantCulture, $"{tokens} % of tokens") : string.Create(CultureInfo.InvariantCulture, $"p = {(double?)weights["p"] ?? 70}");
}
