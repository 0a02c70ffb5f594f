using Fovea.Pipeline.Reports;
using Fovea.Pipeline.Scores;
using Fovea.Pipeline.Stages;
using Fovea.Reporting.Documents;
using Fovea.Store;

namespace Fovea.Pipeline.Findings;

/// <summary>The report of a selection: what it kept, how its weights are spread, and why samples were left out.</summary>
public static class WeightsReport
{
    private const string Counted = "Counted here are targets whose weight is stored: none of a dropped sample, and none of a sample whose targets all have the "
        + "weight 1, such as a text-only one under VIG.";

    /// <summary>The page.</summary>
    public static ReportDocument Of(string folder, StageManifest manifest)
    {
        var weights = WeightsFile.Read(Path.Combine(folder, SelectStage.FileName));
        var bins = Histogram(weights);
        return new ReportDocument(
            $"Weights: {(string?)manifest.Config["method"]}", "",
            [
                new ReportSection("Findings", null, [new ListBlock([.. StageSentences.Selection(manifest.Result!), .. StageSentences.Advice(manifest)])]),
                new ReportSection("Weights of the targets", bins.Count == 0
                    ? "Every target of a kept sample has the weight 1." : weights.Normalization == WeightNormalization.TargetCount
                    ? $"{Counted} As stored; training scales a sample's weights to the number of its targets."
                    : Counted,
                    bins.Count == 0 ? [] : [new BarBlock("Targets with a stored weight", new ChartAxis("targets", null, NumberFormat.Count),
                        [.. bins.Select(StatisticsText.Name)], [new BarSeries("targets", [.. bins.Select(b => (double)b.Count)])])]),
                .. Left(weights).Any() ? [new ReportSection("Samples left out", null, [Reasons(weights)])] : (ReportSection[])[],
            ],
            ReportProvenance.Of(manifest));
    }

    // Where weights are one each they are not stored, and not counted.
    private static IReadOnlyList<HistogramBin> Histogram(WeightsFile weights)
    {
        var histogram = new TokenHistogram();
        foreach (var weight in weights.Rows.Where(r => r.Status is SelectionStatus.Kept or SelectionStatus.TextOnly).SelectMany(r => r.Weights ?? []))
        {
            histogram.Add(weight);
        }

        return histogram.Bins();
    }

    private static IEnumerable<TokenWeights> Left(WeightsFile weights) =>
        weights.Rows.Where(r => r.Status is SelectionStatus.Dropped or SelectionStatus.Invalid);

    private static TableBlock Reasons(WeightsFile weights)
    {
        const int Most = 20;
        var left = Left(weights).ToArray();
        return new TableBlock($"{FindingNumbers.Count(left.Length)} samples, the first {Math.Min(Most, left.Length)}", "Sample", [new("status"), new("reason")],
            [.. left.Take(Most).Select(r => new TableRow(r.Key.ToString(), [new(r.Status.ToString().ToLowerInvariant()), new(r.Reason ?? "")]))]);
    }
}
