using System.Text.Json;
using Fovea.Cli.Story;
using Fovea.Core.Files;
using Fovea.Core.Provenance;
using Fovea.Reporting;
using Fovea.Reporting.Documents;
using Fovea.Training.Running;

namespace Fovea.Cli.Stages;

/// <summary>What a finished training run leaves for people: a page of curves, and where its memory went.</summary>
internal static class TrainingPage
{
    private const double Mib = 1 << 20;

    /// <summary>Writes <c>curves.html</c> and <c>memory.json</c> (bytes; planned, and measured as VmHWM) beside the run's metrics.</summary>
    public static void Write(string folder, TrainingSummary summary)
    {
        var memory = new { planned = summary.Memory, measured_peak = summary.PeakResidentBytes };
        AtomicFile.WriteText(Path.Combine(folder, "memory.json"), JsonSerializer.Serialize(memory, StageManifest.Json) + "\n");
        HtmlReport.Write(Path.Combine(folder, "curves.html"), Page(folder, summary));
    }

    private static ReportDocument Page(string folder, TrainingSummary summary) => new(
        $"Training: {Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)))}",
        FormattableString.Invariant($"{summary.Steps} steps, mean loss {summary.MeanLoss:F4} nats a unit of weight, last {summary.FinalLoss:F4}."),
        [
            new ReportSection("Curves", "Each point is a mean over the steps of one stretch.",
            [
                .. Charts(folder, "Loss", new ChartAxis("loss", "nats"), ("loss", "training"), ("eval_loss", "held out")),
                .. Charts(folder, "Learning rate", new ChartAxis("learning rate"), ("lr", "learning rate")),
                .. Charts(folder, "Gradient norm before clipping", new ChartAxis("norm"), ("grad_norm", "gradient norm")),
                .. Charts(folder, "Supervised share of the tokens", new ChartAxis("share", null, NumberFormat.Percent), ("supervised_share", "supervised share")),
                .. Charts(folder, "Speed", new ChartAxis("tokens/s"), ("tokens_per_second", "tokens/s")),
                .. Charts(folder, "Resident memory", new ChartAxis("memory", "MiB"), ("resident_mib", "resident memory")),
            ]),
            new ReportSection("Notices", summary.Notices.Count == 0 ? "None." : null, summary.Notices.Count == 0 ? [] : [new ProseBlock([.. summary.Notices])]),
        ],
        [
            new("memory planned", FormattableString.Invariant($"{summary.Memory.Peak / Mib:F0} MiB")),
            new("memory measured", FormattableString.Invariant($"{summary.PeakResidentBytes / Mib:F0} MiB")),
        ]);

    private static IEnumerable<ReportBlock> Charts(string folder, string caption, ChartAxis axis, params (string Field, string Name)[] fields)
    {
        var series = fields.Select(f => TrainingCurves.Series(folder, f.Field, f.Name)).OfType<CurveSeries>().ToArray();
        return series.Length == 0 ? [] : [new CurveBlock(caption, new ChartAxis("step"), axis, series)];
    }
}
