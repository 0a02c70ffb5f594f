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
        var (x, y, middle) = (Ranks.Of([.. a]), Ranks.Of([.. b]), (a.Count + 1) / 2.0);
        double xy = 0, xx = 0, yy = 0;
        for (var i = 0; i < x.Length; i++)
        {
            xy += (x[i] - middle) * (y[i] - middle);
            xx += (x[i] - middle) * (x[i] - middle);
            yy += (y[i] - middle) * (y[i] - middle);
        }

        return xy / Math.Sqrt(xx * yy);
    }
}
