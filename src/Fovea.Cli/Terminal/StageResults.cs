using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fovea.Core.Provenance;
using Fovea.Pipeline.Findings;
using Fovea.Pipeline.Scores;
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
                StatisticsText.Write(screen.Results.Profile.Out.Writer, statistics);
                Screen.Warn(statistics);
                break;
            case "select":
                foreach (var line in StageSentences.Selection(manifest.Result!))
                {
                    Line(screen, line);
                }

                break;
            default:
                Values(screen, manifest.Result!);
                break;
        }

        foreach (var advice in StageSentences.Advice(manifest))
        {
            Screen.Notice(advice);
        }
    }

    /// <summary>Adds to the document of <c>--json</c> what a stage's folder says beside the stage's own result.</summary>
    public static void AddTo(JsonObject document, StageManifest manifest, string folder)
    {
        if (manifest.Kind is "score_vig" or "score_prior")
        {
            StoreStatistics.AddTo(document, StoreStatistics.Of(ScoreStoreReader.Open(folder)));
        }
    }

    /// <summary>Every plain value on a line; numbers at six significant digits, whole numbers with separators.</summary>
    private static void Values(Screen screen, JsonObject result)
    {
        foreach (var (key, value) in result.Where(r => r.Value is JsonValue))
        {
            var text = value!.GetValueKind() == JsonValueKind.Number && StageSentences.Number(value) is { } number
                ? number.ToString(Math.Abs(number) >= 1e6 || number == Math.Floor(number) ? "#,0" : "G6", CultureInfo.InvariantCulture)
                : value.ToJsonString(StageManifest.Json).Trim('"');
            Line(screen, $"{key}: {text}");
        }
    }

    private static void Line(Screen screen, string text) => screen.Results.Profile.Out.Writer.WriteLine(text);
}
