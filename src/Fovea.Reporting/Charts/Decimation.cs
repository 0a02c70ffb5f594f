namespace Fovea.Reporting.Charts;

/// <summary>Keeps a long line's file small without changing what is seen.</summary>
internal static class Decimation
{
    private const int Buckets = 700;

    /// <summary>
    /// Ascending indices to draw: all of a short line; of a long one the first and the last, and each bucket's lowest, highest and first gap.
    /// </summary>
    public static IReadOnlyList<int> Indices(IReadOnlyList<double> y)
    {
        if (y.Count <= 3 * Buckets)
        {
            return [.. Enumerable.Range(0, y.Count)];
        }

        var kept = new SortedSet<int> { 0, y.Count - 1 };
        for (var b = 0; b < Buckets; b++)
        {
            int from = (int)((long)b * y.Count / Buckets), to = (int)((long)(b + 1) * y.Count / Buckets);
            int low = -1, high = -1, gap = -1;
            for (var i = from; i < to; i++)
            {
                if (!AxisScale.IsDrawable(y[i]))
                {
                    gap = gap < 0 ? i : gap;
                    continue;
                }

                low = low < 0 || y[i] < y[low] ? i : low;
                high = high < 0 || y[i] > y[high] ? i : high;
            }

            kept.UnionWith(new[] { low, high, gap }.Where(i => i >= 0));
        }

        return [.. kept];
    }
}
