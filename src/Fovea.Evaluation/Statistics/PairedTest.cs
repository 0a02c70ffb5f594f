namespace Fovea.Evaluation.Statistics;

/// <summary>
/// A paired test of a difference. <see cref="Of"/> is the t test of a mean over seeds, each a whole run of both arms, so that its p holds for new seeds;
/// <see cref="McNemar"/> and <see cref="Clustered"/> test two models on the same questions, where the pairs are questions or clusters of them.
/// </summary>
/// <param name="Pairs">Number of seeds, questions or clusters.</param>
/// <param name="Mean">Mean difference.</param>
/// <param name="Low">Lower end of the interval; null with fewer than two pairs.</param>
/// <param name="High">Upper end; null together with <paramref name="Low"/>.</param>
/// <param name="P">Two-sided p; 1 where all differences are zero, null with fewer than two pairs.</param>
/// <param name="Detectable">
/// The smallest true difference that the test would show with probability 0.8, given the deviation between these pairs:
/// (t of the strictest level + t of 0.8) x standard error (Cohen 1988, with t for z). Null with fewer than two pairs.
/// </param>
public sealed record PairedTest(int Pairs, double Mean, double? Low, double? High, double? P, double? Detectable)
{
    private const double Power = 0.8;

    /// <summary>Tests whether the mean of the differences is zero.</summary>
    /// <param name="differences">One a seed: <c>[seeds]</c>, at least one.</param>
    /// <param name="alpha">Two-sided level of the interval.</param>
    /// <param name="tests">How many tests share alpha: Holm's first step, at which the smallest p is judged.</param>
    public static PairedTest Of(IReadOnlyList<double> differences, double alpha = 0.05, int tests = 1)
    {
        var (n, mean) = (differences.Count, differences.Average());
        if (n < 2)
        {
            return new PairedTest(n, mean, null, null, null, null);
        }

        var error = Math.Sqrt(differences.Sum(d => (d - mean) * (d - mean)) / (n - 1) / n);
        var half = StudentT.Quantile(1 - (alpha / 2), n - 1) * error;
        var detectable = (StudentT.Quantile(1 - (alpha / tests / 2), n - 1) + StudentT.Quantile(Power, n - 1)) * error;
        var p = error > 0 ? StudentT.TwoSided(mean / error, n - 1) : mean == 0 ? 1 : 0;
        return new PairedTest(n, mean, mean - half, mean + half, p, detectable);
    }

    /// <summary>
    /// Holm's step-down adjustment (1979): reject where the adjusted p is below alpha, and the chance of any false rejection is at
    /// most alpha. In the order given.
    /// </summary>
    public static double[] Holm(IReadOnlyList<double> p)
    {
        var adjusted = new double[p.Count];
        var (rank, largest) = (0, 0.0);
        foreach (var i in Enumerable.Range(0, p.Count).OrderBy(i => p[i]))
        {
            largest = Math.Max(largest, Math.Min(1, p[i] * (p.Count - rank++)));
            adjusted[i] = largest;
        }

        return adjusted;
    }
}
