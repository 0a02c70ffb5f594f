using Fovea.Pipeline.Findings;
using Fovea.Pipeline.Reports;
using Fovea.Pipeline.Scores;
using Fovea.Pipeline.Stages;
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
            case var kind when EvalResults.AreOf(kind):
                foreach (var table in EvaluationTables.Of(folder))
                {
                    TerminalFindings.Show(screen, table);
                }

                break;
            case var kind when StageCatalog.IsStore(kind):
                Screen.WriteLines(screen.Results, StageSentences.Values(manifest.Result!));
                var statistics = StoreStatistics.Of(ScoreStoreReader.Open(folder));
                StatisticsText.Write(screen.Results.Profile.Out.Writer, statistics);
                Screen.Notice(StatisticsText.Warnings(statistics));
                break;
            case "select":
                Screen.WriteLines(screen.Results, StageSentences.Selection(manifest.Result!));
                break;
            default:
                Screen.WriteLines(screen.Results, StageSentences.Values(manifest.Result!));
                break;
        }

        Screen.Notice(StageSentences.Advice(manifest));
    }
}
