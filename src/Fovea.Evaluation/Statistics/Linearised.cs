using Fovea.Core.Results;

namespace Fovea.Evaluation.Statistics;

/// <summary>A mean of ratios to first order.</summary>
/// <param name="Value">The mean.</param>
/// <param name="Clusters">Clusters in which something was counted.</param>
/// <param name="Residuals">What each cluster moves the value by: <c>[units]</c>; their sum is 0.</param>
internal sealed record Linearised(double Value, int Clusters, double[] Residuals)
{
    /// <summary>Of equal clusters what remains is rounding, and no difference between them.</summary>
    private const double Rounding = 1e-15;

    /// <summary>The cluster-robust standard error.</summary>
    public double Error => Math.Sqrt(Power(2) * Clusters / (Clusters - 1));

    /// <summary>
    /// Degrees of freedom of the error, between 1 and clusters - 1: fewer where the clusters' residuals have heavy tails, since an error that rests on few of them is itself
    /// uncertain. Satterthwaite's rule for the variance of a variance: <c>2 clusters / (kurtosis - 1)</c>.
    /// </summary>
    public double Degrees
    {
        get
        {
            var squares = Power(2);
            var excess = squares > 0 ? (Clusters * Power(4) / (squares * squares)) - 1 : 0;
            return excess > 0 ? Math.Clamp(2 * Clusters / excess, 1, Clusters - 1) : Clusters - 1;
        }
    }

    /// <summary>The error that a share would have if all that a cluster counts were right or wrong together: no share has a larger one.</summary>
    /// <param name="share">The ratio, whose numerators are between 0 and their denominators.</param>
    public double ErrorOfAlike(Metric share) =>
        Math.Sqrt(Value * (1 - Value) * share.Denominators.Sum(d => d * d) * Clusters / (Clusters - 1)) / share.Count;

    /// <summary>Null where a part counted nothing.</summary>
    public static Linearised? Of(IReadOnlyList<Metric> parts)
    {
        foreach (var part in parts)
        {
            MetricCheck.Finite(part);
        }

        if (parts.Any(p => p.Count == 0))
        {
            return null;
        }

        var residuals = new double[parts[0].Numerators.Length];
        foreach (var part in parts)
        {
            var (value, count) = (part.Value, part.Count * parts.Count);
            for (var u = 0; u < residuals.Length; u++)
            {
                residuals[u] += (part.Numerators[u] - (value * part.Denominators[u])) / count;
            }
        }

        return new Linearised(parts.Average(p => p.Value), Counted(parts), residuals);
    }

    /// <summary>The difference of two on the same clusters.</summary>
    /// <param name="other">What is subtracted.</param>
    /// <param name="parts">The ratios of both.</param>
    public Linearised Minus(Linearised other, IReadOnlyList<Metric> parts) =>
        new(Value - other.Value, Counted(parts), [.. Residuals.Zip(other.Residuals, (a, b) => a - b)]);

    private double Power(int exponent) => Residuals.Sum(r => Math.Abs(r) < Rounding ? 0 : Math.Pow(r, exponent));

    private static int Counted(IReadOnlyList<Metric> parts) => Enumerable.Range(0,
        parts[0].Numerators.Length).Count(u => parts.Any(p => p.Denominators[u] != 0));
}
