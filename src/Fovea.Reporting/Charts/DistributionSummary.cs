using Fovea.Reporting.Documents;

namespace Fovea.Reporting.Charts;

/// <summary>What is drawn of one class's values.</summary>
internal sealed class DistributionSummary
{
    /// <summary>Below this many values, they are drawn one by one instead of as a ridge.</summary>
    public const int FewestForRidge = 20;

    private readonly double[] _sorted;

    public DistributionSummary(ClassDistribution source)
    {
        Name = source.Name;
        _sorted = [.. source.Values.Select(v => (double)v).Where(double.IsFinite).Order()];
        LeftOut = source.Values.Count - _sorted.Length;
        Mean = _sorted.Length > 0 ? _sorted.Sum() / _sorted.Length : double.NaN;
    }

    public string Name { get; }

    public int Count => _sorted.Length;

    /// <summary>Values that are not finite.</summary>
    public int LeftOut { get; }

    /// <summary>NaN where there is no value.</summary>
    public double Mean { get; }

    public IReadOnlyList<double> Values => _sorted;

    /// <summary>Quantile by linear interpolation between order statistics (type 7); NaN where there is no value.</summary>
    public double Quantile(double probability)
    {
        if (_sorted.Length == 0)
        {
            return double.NaN;
        }

        var position = probability * (_sorted.Length - 1);
        var below = (int)Math.Floor(position);
        var above = Math.Min(below + 1, _sorted.Length - 1);
        return _sorted[below] + (position - below) * (_sorted[above] - _sorted[below]);
    }

    /// <summary>
    /// Heights of a smoothed histogram over [low, high], scaled to a largest of 1: <c>[bins]</c>. Values outside are left out.
    /// Smoothed once with the binomial kernel 1 4 6 4 1 / 16.
    /// </summary>
    public double[] Ridge(double low, double high, int bins)
    {
        var counts = new double[bins];
        foreach (var value in _sorted)
        {
            if (value >= low && value <= high)
            {
                counts[Math.Min(bins - 1, (int)((value - low) / (high - low) * bins))]++;
            }
        }

        double[] kernel = [1, 4, 6, 4, 1];
        double[] smooth = [.. counts.Select((_, b) => Enumerable.Range(-2, 5).Sum(d => b + d >= 0 && b + d < bins ? kernel[d + 2] * counts[b + d] : 0) / 16)];
        var largest = smooth.Max();
        return largest > 0 ? [.. smooth.Select(h => h / largest)] : smooth;
    }
}
