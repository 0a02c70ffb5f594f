namespace Fovea.Evaluation.Statistics;

/// <summary>Ranks, and Spearman's correlation of them as a mean of terms by item, from which its error over units follows.</summary>
internal static class Ranks
{
    /// <summary>Ranks from 1, ties at the mean of theirs: <c>[items]</c>.</summary>
    public static double[] Of(double[] values)
    {
        var (order, sorted, ranks) = (Enumerable.Range(0, values.Length).ToArray(), (double[])values.Clone(), new double[values.Length]);
        Array.Sort(sorted, order);
        for (int start = 0, end; start < order.Length; start = end)
        {
            for (end = start; end < order.Length && sorted[end].Equals(sorted[start]); end++)
            {
            }

            for (var i = start; i < end; i++)
            {
                ranks[order[i]] = (start + end + 1) / 2.0;
            }
        }

        return ranks;
    }

    /// <summary>
    /// Terms whose mean is the correlation of two rankings and whose differences from it are what each item moves it by, its effect on the others' ranks included (the influence
    /// function of Spearman's rho, Croux and Dehon 2010): <c>[items]</c>; all 0 where one ranking is all ties.
    /// </summary>
    /// <param name="a">Ranks with mean ties.</param>
    /// <param name="b">Ranks of the same items.</param>
    public static double[] Spearman(double[] a, double[] b)
    {
        var (n, middle) = (a.Length, (a.Length + 1) / 2.0);
        double varianceA = a.Sum(x => (x - middle) * (x - middle)) / n, varianceB = b.Sum(x => (x - middle) * (x - middle)) / n, scale = Math.Sqrt(varianceA * varianceB);
        if (scale == 0)
        {
            return new double[n];
        }

        var correlation = a.Zip(b).Sum(r => (r.First - middle) * (r.Second - middle)) / n / scale;
        var (above, beside) = (SumsAbove(a, b), SumsAbove(b, a));
        var moved = Enumerable.Range(0, n).Select(i => ((a[i] - middle) * (b[i] - middle)) + above[i] + beside[i]).ToArray();
        var mean = moved.Average();
        return Array.ConvertAll(moved, m => correlation + ((m - mean) / scale));
    }

    /// <summary>For each item the sum of the centred other ranks of the items above it, ties by half.</summary>
    private static double[] SumsAbove(double[] ranks, double[] others)
    {
        var (n, middle) = (ranks.Length, (ranks.Length + 1) / 2.0);
        var (order, sorted, sums) = (Enumerable.Range(0, n).ToArray(), (double[])ranks.Clone(), new double[n]);
        Array.Sort(sorted, order);
        double above = 0;
        for (int end = n, start; end > 0; end = start)
        {
            double tied = 0;
            for (start = end; start > 0 && sorted[start - 1].Equals(sorted[end - 1]); start--)
            {
                tied += others[order[start - 1]] - middle;
            }

            for (var i = start; i < end; i++)
            {
                sums[order[i]] = above + (tied / 2);
            }

            above += tied;
        }

        return sums;
    }
}
