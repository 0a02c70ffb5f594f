using Fovea.Core.Results;

namespace Fovea.Evaluation.Statistics;

/// <summary>Collects sums by metric and unit; a metric appears in the order of its first addition. Not thread-safe.</summary>
public sealed class MetricSums(int units)
{
    private readonly OrderedDictionary<string, Metric> _metrics = new(StringComparer.Ordinal);

    /// <summary>Makes a metric known, so that it is reported as "no data" if nothing is added to it.</summary>
    public void Declare(string name, bool? higherIsBetter)
    {
        if (!_metrics.ContainsKey(name))
        {
            _metrics.Add(name, new Metric(name, higherIsBetter, new double[units], new double[units]));
        }
    }

    /// <summary>Adds to one unit's numerator and denominator.</summary>
    public void Add(string name, bool? higherIsBetter, int unit, double numerator, double denominator = 1)
    {
        Declare(name, higherIsBetter);
        _metrics[name].Numerators[unit] += numerator;
        _metrics[name].Denominators[unit] += denominator;
    }

    /// <summary>Adds a metric made elsewhere, such as an AUC.</summary>
    /// <exception cref="ArgumentException">There is one of that name, or it has another number of units.</exception>
    public void Add(Metric metric)
    {
        if (metric.Numerators.Length != units)
        {
            throw new ArgumentException($"metric {metric.Name} has {metric.Numerators.Length} units, expected {units}", nameof(metric));
        }

        _metrics.Add(metric.Name, metric);
    }

    /// <summary>The metrics collected so far.</summary>
    public EvalResult ToResult(string evaluation, string unit)
    {
        var metrics = _metrics.Values.ToArray();
        foreach (var metric in metrics)
        {
            MetricCheck.Finite(metric);
        }

        return new EvalResult(evaluation, unit, metrics);
    }
}
