using System.Runtime.Intrinsics;
using Fovea.Core.Results;

namespace Fovea.Evaluation.Statistics;

/// <summary>One seed's ratio, less a baseline's on the same units where there is one.</summary>
internal sealed record RatioPair(Metric Model, Metric? Baseline)
{
    public int Units => Model.Numerators.Length;

    /// <summary>Value when unit i is taken <c>counts[i]</c> times; NaN where a denominator's sum is zero.</summary>
    public double Value(double[] counts) => Ratio(Model, counts) - (Baseline is null ? 0 : Ratio(Baseline, counts));

    private static double Ratio(Metric metric, double[] counts)
    {
        var denominator = Dot(counts, metric.Denominators);
        return denominator == 0 ? double.NaN : Dot(counts, metric.Numerators) / denominator;
    }

    /// <summary>Sum of products in four lanes, whatever the machine, so that it rounds alike everywhere.</summary>
    private static double Dot(double[] counts, double[] sums)
    {
        var lanes = Vector256<double>.Zero;
        var i = 0;
        for (; i <= counts.Length - Vector256<double>.Count; i += Vector256<double>.Count)
        {
            lanes += Vector256.Create(counts.AsSpan(i)) * Vector256.Create(sums.AsSpan(i));
        }

        var total = Vector256.Sum(lanes);
        for (; i < counts.Length; i++)
        {
            total += counts[i] * sums[i];
        }

        return total;
    }
}
