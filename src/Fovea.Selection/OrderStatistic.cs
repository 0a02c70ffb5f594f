namespace Fovea.Selection;

/// <summary>
/// Finds the key below which exactly a wanted number of 64-bit keys lie, in two passes over keys that are made anew each time,
/// so that memory does not grow with their number: a histogram of their first 16 bits, then the keys of the one bucket that is cut.
/// </summary>
internal static class OrderStatistic
{
    private const int BucketBits = 16;
    private const ulong SignBit = 1UL << 63;

    /// <param name="keys">All keys; enumerated twice, the same each time.</param>
    /// <param name="wanted">How many to take, at most their number.</param>
    /// <returns>Take keys below <c>Below</c>, and of those equal to it the first <c>Ties</c>.</returns>
    public static (ulong Below, long Ties) Find(IEnumerable<ulong> keys, long wanted) => Find(keys, Histogram(keys), wanted);

    private static long[] Histogram(IEnumerable<ulong> keys)
    {
        var histogram = new long[1 << BucketBits];
        foreach (var key in keys)
        {
            histogram[key >> (64 - BucketBits)]++;
        }

        return histogram;
    }

    private static (ulong Below, long Ties) Find(IEnumerable<ulong> keys, long[] histogram, long wanted)
    {
        var bucket = 0;
        var left = wanted;
        while (bucket < histogram.Length - 1 && left >= histogram[bucket])
        {
            left -= histogram[bucket++];
        }

        var cut = keys.Where(k => (int)(k >> (64 - BucketBits)) == bucket).ToArray();
        Array.Sort(cut);
        if (left >= cut.Length)
        {
            return (ulong.MaxValue, long.MaxValue);
        }

        var below = cut[left];
        return (below, left - Array.FindIndex(cut, k => k == below));
    }

    /// <summary>The <paramref name="rank"/>-th largest of <paramref name="count"/> numbers, from 1, without NaN among them.</summary>
    /// <param name="numbers">Enumerated twice, the same each time.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="rank">1 to <paramref name="count"/>.</param>
    public static double Largest(IEnumerable<double> numbers, long count, long rank)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rank, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rank, count);
        return OfKey(Find(numbers.Select(KeyOf), count - rank).Below);
    }

    /// <summary>The least of the top <paramref name="percent"/> per cent of numbers without NaN among them; null of none.</summary>
    /// <param name="numbers">Enumerated twice, the same each time.</param>
    /// <param name="percent">In (0, 100].</param>
    public static double? LeastOfTop(IEnumerable<double> numbers, decimal percent)
    {
        var keys = numbers.Select(KeyOf);
        var histogram = Histogram(keys);
        var count = histogram.Sum();
        return count == 0 ? null : OfKey(Find(keys, histogram, count - Threshold.TopCount(percent, count)).Below);
    }

    // IEEE 754 doubles compare as these integers do; -0 counts as 0.
    private static ulong KeyOf(double number)
    {
        var bits = BitConverter.DoubleToUInt64Bits(number + 0.0);
        return (bits & SignBit) == 0 ? bits | SignBit : ~bits;
    }

    private static double OfKey(ulong key) => BitConverter.UInt64BitsToDouble((key & SignBit) != 0 ? key & ~SignBit : ~key);
}
