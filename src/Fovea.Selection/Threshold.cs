using System.Numerics;

namespace Fovea.Selection;

/// <summary>The threshold that keeps the top p per cent (arXiv 2602.17186, selective training, 1).</summary>
public static class Threshold
{
    /// <summary><c>ceil(percent * count / 100)</c> in exact integer arithmetic.</summary>
    /// <param name="percent">In (0, 100]; may be fractional.</param>
    /// <param name="count">Samples ranked.</param>
    /// <exception cref="UsageException">The percentage is out of range.</exception>
    public static int TopCount(decimal percent, int count) => (int)TopCount(percent, (long)count);

    /// <summary>The same for more than fit an int, e.g. tokens.</summary>
    /// <exception cref="UsageException">The percentage is out of range.</exception>
    public static long TopCount(decimal percent, long count)
    {
        if (percent is <= 0 or > 100)
        {
            throw new UsageException(FormattableString.Invariant($"per cent (--p, --token-p): expected more than 0 and at most 100, got {percent}"));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Span<int> bits = stackalloc int[4];
        _ = decimal.GetBits(percent, bits);
        var mantissa = ((BigInteger)(uint)bits[2] << 64) | ((BigInteger)(uint)bits[1] << 32) | (uint)bits[0];
        var scale = BigInteger.Pow(10, (bits[3] >> 16) & 0xFF);
        var (numerator, denominator) = (mantissa * count, scale * 100);
        return (long)((numerator + denominator - 1) / denominator);
    }

    /// <summary>
    /// tau_p: the <see cref="TopCount(decimal, int)"/>-th largest of <paramref name="sampleGains"/>; null without any. NaN, a sample of
    /// which no target was scored, has no rank: counted, it would lower the threshold of all others, or become it.
    /// </summary>
    public static double? Of(IReadOnlyCollection<double> sampleGains, decimal percent)
    {
        double[] ascending = [.. sampleGains.Where(g => !double.IsNaN(g))];
        var top = TopCount(percent, ascending.Length);
        if (top == 0)
        {
            return null;
        }

        Array.Sort(ascending);
        return ascending[^top];
    }
}
