using Fovea.Core.Results;
using Fovea.Evaluation.Statistics;

namespace Fovea.Evaluation.Comparison;

/// <summary>One evaluation of one trained model: arm and training seed.</summary>
public sealed record ArmResult(string Arm, long Seed, EvalResult Result);

/// <summary>Makes a <see cref="ComparisonTable"/> from results of several arms and seeds. Pure.</summary>
public static class ComparisonBuilder
{
    /// <summary>Builds the table.</summary>
    /// <param name="results">One an arm, seed and evaluation; arms need not have the same seeds.</param>
    /// <param name="baseline">Name of the arm to take differences against.</param>

    /// <exception cref="FoveaException">The baseline is not among the arms, a result occurs twice, or paired units differ.</exception>
    public static ComparisonTable Build(IReadOnlyList<ArmResult> results, string baseline)
    {
        var arms = results.Select(r => r.Arm).Distinct().ToArray();
        if (!arms.Contains(baseline))
        {
            throw new FoveaException($"comparison: baseline '{baseline}' is not among the arms ({string.Join(", ", arms)})");
        }

        if (results.GroupBy(r => (r.Arm, r.Seed, r.Result.Evaluation)).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new FoveaException($"comparison: {twice.Key.Evaluation} of arm '{twice.Key.Arm}', seed {twice.Key.Seed} is given twice");
        }

        var rows = from evaluation in results.GroupBy(r => r.Result.Evaluation)
                   from metric in evaluation.SelectMany(r => r.Result.Metrics).DistinctBy(m => m.Name)
                   from arm in arms
                   select (evaluation, metric, arm);

        // Each row draws from streams of its own, so that the order of the work changes nothing.
        var made = rows.AsParallel().AsOrdered().Select(r =>
        {
            var series = BySeed(r.evaluation, r.arm, r.metric.Name);
            var against = r.arm == baseline ? null : BySeed(r.evaluation, baseline, r.metric.Name);
            return series.Count == 0 ? null : Row(r.evaluation.Key, r.metric, r.arm, series, against);
        });
        return new ComparisonTable(string.Join("/", results.Select(r => r.Result.Unit).Distinct()), Rows(made));
    }

    private static ComparisonRow[] Rows(IEnumerable<ComparisonRow?> made)
    {
        try
        {
            return [.. made.OfType<ComparisonRow>()];
        }
        catch (AggregateException e) when (e.InnerException is FoveaException first)
        {
            throw new FoveaException(first.Message, e);
        }
    }

    private static SortedDictionary<long, Metric> BySeed(IEnumerable<ArmResult> evaluation, string arm, string metric)
    {
        var series = new SortedDictionary<long, Metric>();
        foreach (var result in evaluation.Where(r => r.Arm == arm))
        {
            if (result.Result.Metrics.FirstOrDefault(m => m.Name == metric) is { } found)
            {
                series.Add(result.Seed, found);
            }
        }

        return series;
    }

    private static ComparisonRow Row(string evaluation, Metric metric, string arm, SortedDictionary<long, Metric> series,
        SortedDictionary<long, Metric>? baseline)
    {
        var shared = baseline is null ? [] : series.Keys.Where(baseline.ContainsKey).ToArray();
        return new ComparisonRow(evaluation, metric.Name, metric.HigherIsBetter, arm, Bootstrap.AcrossSeeds([.. series.Values]),
            shared.Length == 0 ? null : PairedBootstrap.AcrossSeeds([.. shared.Select(s => (series[s], baseline![s]))]));
    }
}
