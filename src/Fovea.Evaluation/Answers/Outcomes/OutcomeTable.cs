using Fovea.Core.Results;
using Fovea.Evaluation.Statistics;

namespace Fovea.Evaluation.Answers.Outcomes;

/// <summary>The outcomes of all questions of one benchmark and one model, as answered and read by one rule.</summary>
/// <param name="Benchmark">Name of the benchmark.</param>
/// <param name="Parser">Name of the rule; empty where there is one only.</param>
/// <param name="Unit">What a cluster is, e.g. <c>image</c>.</param>
/// <param name="Metrics">The metrics, the benchmark's headline first.</param>
/// <param name="Questions">The outcomes; each question once.</param>
public sealed record OutcomeTable(
    string Benchmark, string Parser, string Unit, IReadOnlyList<OutcomeMetric> Metrics, IReadOnlyList<Outcome> Questions)
{
    /// <summary>Sums by cluster, of the metrics that are ratios: clusters in the order in which they first occur.</summary>
    /// <exception cref="FoveaException">A sum is not finite.</exception>
    public EvalResult ToResult()
    {
        var clusters = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var question in Questions)
        {
            clusters.TryAdd(question.Cluster, clusters.Count);
        }

        var sums = new MetricSums(clusters.Count);
        foreach (var metric in Metrics.Where(m => m.MeanOf.Count == 0))
        {
            sums.Declare(metric.Name, metric.HigherIsBetter);
            foreach (var question in Questions)
            {
                if (question.Sums.TryGetValue(metric.Name, out var sum))
                {
                    sums.Add(metric.Name, metric.HigherIsBetter, clusters[question.Cluster], sum.Numerator, sum.Denominator);
                }
            }
        }

        return sums.ToResult(Benchmark, Unit);
    }

    /// <summary>The value of every metric; null where nothing was counted.</summary>
    public IReadOnlyDictionary<string, double?> Values()
    {
        var ratios = ToResult().Metrics.ToDictionary(m => m.Name, m => m.Count == 0 ? (double?)null : m.Value);
        return Metrics.ToDictionary(m => m.Name, m => m.MeanOf.Count == 0
            ? m.Scale * ratios[m.Name] : m.Scale * Mean([.. m.MeanOf.Select(p => ratios[p])]));
    }

    /// <summary>Every metric with its interval over clusters (<see cref="Clustered"/>).</summary>
    /// <exception cref="FoveaException">A sum is not finite.</exception>
    public IReadOnlyList<(OutcomeMetric Metric, Estimate Estimate)> Estimates()
    {
        var result = ToResult();
        return [.. Metrics.Select(m => (m, Clustered.Interval(Parts(result, m)).Times(m.Scale)))];
    }

    /// <summary>The ratios that a metric is the mean of; itself for a ratio.</summary>
    internal static IReadOnlyList<Metric> Parts(EvalResult result, OutcomeMetric metric) =>
        [.. (metric.MeanOf.Count == 0 ? [metric.Name] : metric.MeanOf).Select(name => result.Metrics.First(m => m.Name == name))];

    private static double? Mean(double?[] parts) => parts.Contains(null) ? null : parts.Average();
}
