namespace Fovea.Reporting.Charts;

/// <summary>Which of a line's points are drawn, and where it is broken.</summary>
internal static class Polyline
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

    /// <summary>Maximal stretches without a gap.</summary>
    public static IEnumerable<IReadOnlyList<int>> Runs(IReadOnlyList<int> indices, Func<int, bool> gap)
    {
        var run = new List<int>();
        foreach (var i in indices)
        {
            if (!gap(i))
            {
                run.Add(i);
            }
            else if (run.Count > 0)
            {
                yield return run;
                run = [];
            }
        }

        if (run.Count > 0)
        {
            yield return run;
        }
    }

    /// <summary>At most so many of the points, evenly by index, with the first and the last.</summary>
    public static IEnumerable<int> Thinned(int[] points, int most) => points.Length <= most
        ? points
        : Enumerable.Range(0, most).Select(k => points[(int)((long)k * (points.Length - 1) / Math.Max(1, most - 1))]);
}
