namespace Fovea.Evaluation.Statistics;

/// <summary>Agreement of two orders.</summary>
public static class RankCorrelation
{
    /// <summary>
    /// Spearman's rho: Pearson's correlation of the ranks, equal values sharing the mean of theirs. NaN of fewer than
    /// two values, or where one side is all equal.
    /// </summary>
    /// <param name="a">Values without NaN.</param>
    /// <param name="b">As many.</param>
    public static double Spearman(IReadOnlyList<double> a, IReadOnlyList<double> b)
    {
        var (x, y) = (Ranks(a), Ranks(b));
        var mean = (a.Count - 1) / 2.0;
        double xy = 0, xx = 0, yy = 0;
        for (var i = 0; i < x.Length; i++)
        {
            xy += (x[i] - mean) * (y[i] - mean);
            xx += (x[i] - mean) * (x[i] - mean);
            yy += (y[i] - mean) * (y[i] - mean);
        }

        return xy / Math.Sqrt(xx * yy);
    }

    private static double[] Ranks(IReadOnlyList<double> values)
    {
        var (order, sorted) = (Enumerable.Range(0, values.Count).ToArray(), values.ToArray());
        Array.Sort(sorted, order);
        var ranks = new double[sorted.Length];
        for (var first = 0; first < sorted.Length;)
        {
            var end = first + 1;
            while (end < sorted.Length && sorted[end] == sorted[first])
            {
                end++;
            }

            for (var i = first; i < end; i++)
            {
                ranks[order[i]] = (first + end - 1) / 2.0;
            }

            first = end;
        }

        return ranks;
    }
}
