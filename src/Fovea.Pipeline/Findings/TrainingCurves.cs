using Fovea.Pipeline.Reports;
using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Findings;

/// <summary>Loss curves from the metrics files of training runs.</summary>
public static class TrainingCurves
{
    private static readonly Dictionary<string, string> Titles =
        new(StringComparer.Ordinal) { ["lm"] = "Language models", ["pretrain"] = "Pre-training", ["tune"] = "Tuning" };

    /// <summary>The training runs of a run's first seed, by the folders that they are in: language models, pre-training, tuning.</summary>
    public static IReadOnlyList<(string Title, IReadOnlyList<string> Folders)> Groups(FinishedPlan run)
    {
        var seed = run.Seeds.Select(s => (long?)s).FirstOrDefault();
        return
        [
            .. from stage in run.Stages
               where stage.Kind == "train" && FinishedPlan.SeedOf(stage) == seed
               group stage.Folder by Path.GetFileName(Path.GetDirectoryName(stage.Name) is { Length: > 0 } above ? above : stage.Name) into g
               select ($"{Titles.GetValueOrDefault(g.Key, g.Key)}{(seed is null ? "" : $", seed {seed}")}",
                   (IReadOnlyList<string>)[.. g.Order(StringComparer.Ordinal)]),
        ];
    }

    /// <summary>A chart a group.</summary>
    public static IReadOnlyList<ReportBlock> Of(IReadOnlyList<(string Title, IReadOnlyList<string> Folders)> groups) =>
        [.. groups.Select(g => new CurveBlock(g.Title, new ChartAxis("step"), new ChartAxis("loss", "nats"), [.. g.Folders.Select(Series)]))];

    private static CurveSeries Series(string folder) =>
        MetricCurve.Of(folder, "loss", Path.GetFileName(folder)) ?? new CurveSeries(Path.GetFileName(folder), [], []);
}
