using Fovea.Core.Results;

namespace Fovea.Evaluation.Statistics;

/// <summary>What every metric must hold before anything is computed from it.</summary>
internal static class MetricCheck
{
    /// <summary>Requires equally many numerators and denominators, all finite.</summary>
    /// <exception cref="FoveaException">The metric breaks this; the message names the unit.</exception>
    public static void Finite(Metric metric)
    {
        if (metric.Numerators.Length != metric.Denominators.Length)
        {
            throw new FoveaException($"metric {metric.Name}: {metric.Numerators.Length} numerators for {metric.Denominators.Length} denominators");
        }

        for (var i = 0; i < metric.Numerators.Length; i++)
        {
            if (!double.IsFinite(metric.Numerators[i]) || !double.IsFinite(metric.Denominators[i]))
            {
                throw new FoveaException($"metric {metric.Name}: unit {i} holds {metric.Numerators[i]} / {metric.Denominators[i]}; sums must be finite");
            }
        }
    }
}
