using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fovea.Cli.Scores;
using Fovea.Cli.Story;
using Fovea.Core.Provenance;
using Fovea.Store;

namespace Fovea.Cli.Terminal;

/// <summary>What a finished stage shows: its numbers at the digits that people read; <c>--json</c> and <c>stage.json</c> keep all of them.</summary>
internal static class StageResults
{
    /// <summary>Writes the results of the stage in <paramref name="folder"/>.</summary>
    public static void Show(Screen screen, StageManifest manifest, string folder)
    {
        switch (manifest.Kind)
        {
            case "eval_scenes" or "eval_photographs":
                foreach (var table in EvaluationTables.Of(folder))
                {
                    TerminalFindings.Show(screen, table);
                }

                break;
            case "score_vig" or "score_prior":
                Values(screen, manifest.Result!);
                var statistics = StoreStatistics.Of(ScoreStoreReader.Open(folder));
                StoreText.Write(screen.Results.Profile.Out.Writer, statistics);
                StoreText.Warn(statistics);
                break;
            case "select":
                foreach (var line in SelectionLines(manifest.Result!))
                {
                    Line(screen, line);
                }

                break;
            default:
                Values(screen, manifest.Result!);
                break;
        }

        foreach (var advice in Advice(manifest))
        {
            Screen.Notice(advice);
        }
    }

    /// <summary>What <c>--json</c> adds beside a stage's own result; null for most.</summary>
    public static JsonObject? Extra(StageManifest manifest, string folder)
    {
        if (manifest.Kind is not ("score_vig" or "score_prior"))
        {
            return null;
        }

        var statistics = StoreStatistics.Of(ScoreStoreReader.Open(folder));
        return new JsonObject
        {
            ["statistics"] = new JsonObject(statistics.Select(s => KeyValuePair.Create(s.Condition, (JsonNode?)s.ToJson()))),
            ["warnings"] = new JsonArray([.. statistics.SelectMany(s => s.Warnings()).Select(w => (JsonNode)w)]),
        };
    }

    /// <summary>What to do next, where the numbers ask for it.</summary>
    internal static IEnumerable<string> Advice(StageManifest manifest)
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
    internal static IEnumerable<string> SelectionLines(JsonObject result)
    {
        string Count(string key) => Number(result[key])?.ToString("#,0", CultureInfo.InvariantCulture) ?? FindingNumbers.Missing;
        yield return $"samples     {Count("samples")}: {Count("kept")} kept, {Count("dropped")} dropped, {Count("text_only")} text-only, {Count("invalid")} invalid";
        yield return $"targets     {Count("targets")}: {Count("supervised_tokens")} carry loss ({FindingNumbers.Of(Number(result["share"]), NumberStyle.Percent)})";
        if (Number(result["mean_weight"]) is { } mean && Number(result["largest_weight"]) is { } largest)
        {
            yield return string.Create(CultureInfo.InvariantCulture,
                $"weights     mean {mean:0.000} as written, largest {largest:0.000} as trained; effective number of targets (sum w)^2 / sum w^2: {Count("effective_tokens")}");
        }

        foreach (var (key, title) in new[] { ("tau", "tau"), ("token_tau", "token tau") })
        {
            if (Number(result[key]) is { } tau)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"{title,-11} {tau:0.000000} nats");
            }
        }
    }

    /// <summary>Every plain value on a line; numbers at six significant digits, whole numbers with separators.</summary>
    private static void Values(Screen screen, JsonObject result)
    {
        foreach (var (key, value) in result.Where(r => r.Value is JsonValue))
        {
            var text = value!.GetValueKind() == JsonValueKind.Number && Number(value) is { } number
                ? number.ToString(Math.Abs(number) >= 1e6 || number == Math.Floor(number) ? "#,0" : "G6", CultureInfo.InvariantCulture)
                : value.ToJsonString(StageManifest.Json).Trim('"');
            Line(screen, $"{key}: {text}");
        }
    }

    private static double? Number(JsonNode? node) => node is JsonValue v && v.GetValueKind() == JsonValueKind.Number
        && double.TryParse(v.ToJsonString(StageManifest.Json), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    private static void Line(Screen screen, string text) => screen.Results.Profile.Out.Writer.WriteLine(text);
}
