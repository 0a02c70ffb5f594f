namespace Fovea.Pipeline.Scores;

/// <summary>Counts of token scores in bins of a hundredth, so that a store of any size is summed up in one pass and bounded memory.</summary>
public sealed class TokenHistogram
{
    private const int PerUnit = 100;
    private const int Reach = 40 * PerUnit;
    private const int MostBins = 10;
    private readonly long[] _counts = new long[(2 * Reach) + 1];

    /// <summary>Values counted.</summary>
    public long Count { get; private set; }

    /// <summary>Counts one value; beyond 40 on either side it goes into the last bin.</summary>
    public void Add(double value)
    {
        _counts[(int)Math.Clamp(Math.Floor(value * PerUnit) + Reach, 0, 2 * Reach)]++;
        Count++;
    }

    /// <summary>At most a dozen bins of one round width over the middle 98 %; the first and the last hold what lies beyond too. Empty without values.</summary>
    public IReadOnlyList<HistogramBin> Bins()
    {
        if (Count == 0)
        {
            return [];
        }

        double low = Quantile(0.01), high = Math.Max(Quantile(0.99), low + (1.0 / PerUnit));
        var width = RoundLimit.Above((high - low) / MostBins);
        var first = (int)Math.Floor(low / width + 1e-9);
        var bins = new long[(int)Math.Ceiling(high / width - 1e-9) - first];
        for (var i = 0; i < _counts.Length; i++)
        {
            // The middle of the fine bin decides, so that no rounding puts an edge on the wrong side.
            bins[(int)Math.Clamp(Math.Floor((i - Reach + 0.5) / PerUnit / width) - first, 0, bins.Length - 1)] += _counts[i];
        }

        return [.. bins.Select((count, i) => new HistogramBin(
            i == 0 ? null : (first + i) * width, i == bins.Length - 1 ? null : (first + i + 1) * width, count))];
    }

    private double Quantile(double q)
    {
        long below = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            below += _counts[i];
            if (below > q * (Count - 1))
            {
                return (i - Reach) / (double)PerUnit;
            }
        }

        return Reach / (double)PerUnit;
    }
}

/// <summary>One bin: from, to (null at the open ends) and how many values it holds.</summary>
public sealed record HistogramBin(double? From, double? To, long Count);
