namespace Fovea.Selection;

/// <summary>
/// Finds the key below which exactly a wanted number of random 64-bit keys lie, in two passes over keys that are drawn anew each time,
/// so that memory does not grow with their number: a histogram of their first 16 bits, then the keys of the one bucket that is cut.
/// </summary>
internal static class RandomCut
{
    private const int BucketBits = 16;

    /// <param name="keys">All keys; enumerated twice, the same each time.</param>
    /// <param name="wanted">How many to take, at most their number.</param>
    /// <returns>Take keys below <c>Below</c>, and of those equal to it the first <c>Ties</c>.</returns>
    public static (ulong Below, long Ties) Find(IEnumerable<ulong> keys, long wanted)
    {
        var histogram = new long[1 << BucketBits];
        foreach (var key in keys)
        {
            histogram[key >> (64 - BucketBits)]++;
        }

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
}
