using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Reports;

/// <summary>What a finished stage's numbers say, as lines for people: on a terminal and on pages.</summary>
public static class StageSentences
{
    /// <summary>What to do next, where the numbers ask for it.</summary>
    public static IEnumerable<string> Advice(StageManifest manifest)
    {
        var result = manifest.Result!;
        foreach (var warning in manifest.Kind == "select" && result["warnings"] is JsonArray warnings ? warnings : [])
        {
            yield return $"warning: {warning}";
        }

        if (manifest.Kind == "train" && Number(result["best_step"]) is { } best && Number(result["steps"]) is { } steps && best < steps)
        {
            yield return string.Create(CultureInfo.InvariantCulture,
                $"held-out loss was lowest at step {best} of {steps}: use model-best/ rather than model/");
        }
    }

    /// <summary>What a selection kept.</summary>
    public static IEnumerable<string> Selection(JsonObject result)
    {
        string Count(string key) => FindingNumbers.Count(Number(result[key]));
        yield return $"samples     {Count("samples")}: {Count("kept")} kept, {Count("dropped")} dropped, {Count("text_only")} "
            + $"text-only, {Count("invalid")} invalid";
        yield return $"targets     {Count("targets")}: {Count("supervised_tokens")} carry loss "
            + $"({FindingNumbers.Of(Number(result["share"]), NumberFormat.Percent)})";
        if (Number(result["mean_weight"]) is { } mean && Number(result["largest_weight"]) is { } largest)
        {
            yield return $"weights     mean {FindingNumbers.Of(mean, NumberFormat.Ratio)} as written, largest {FindingNumbers.Of(largest, NumberFormat.Ratio)} "
                + $"as trained; effective number of targets (sum w)^2 / sum w^2: {Count("effective_tokens")}";
        }

        foreach (var (key, title) in new[] { ("tau", "tau"), ("token_tau", "token tau") })
        {
            if (Number(result[key]) is { } tau)
            {
                yield return $"{title,-11} {FindingNumbers.Of(tau, NumberFormat.Ratio, FindingNumbers.TauDecimals)} nats";
            }
        }
    }

    /// <summary>Every plain value of a result; numbers at six significant digits, whole numbers with separators.</summary>
    public static IEnumerable<string> Values(JsonObject result) => result.Where(r => r.Value is JsonValue).Select(r =>
    {
        var text = r.Value!.GetValueKind() == JsonValueKind.Number && Number(r.Value) is { } number
            ? number.ToString(Math.Abs(number) >= 1e6 || number == Math.Floor(number) ? "#,0" : "G6", CultureInfo.InvariantCulture)
            : r.Value.ToJsonString(StageManifest.Json).Trim('"');
        return $"{r.Key}: {text}";
    });

    /// <summary>A number of a stage's result; null where there is none.</summary>
    public static double? Number(JsonNode? node) => node is JsonValue v && v.GetValueKind() == JsonValueKind.Number
        && double.TryParse(v.ToJsonString(StageManifest.Json), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
