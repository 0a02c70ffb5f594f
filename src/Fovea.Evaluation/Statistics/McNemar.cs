namespace Fovea.Evaluation.Statistics;

/// <summary>
/// Two models on the same independent yes/no questions, one a cluster. Where a picture has several questions they are not independent:
/// <see cref="Clustered"/> takes the picture as the unit.
/// </summary>
public static class McNemar
{
    private const double Power = 0.8;

    /// <summary>95 % quantile of the normal distribution, two-sided.</summary>
    private const double Z = 1.959963984540054;

    /// <summary>
    /// McNemar's test (1947), exact: of the questions that one model alone answers rightly, each is either's with probability 1/2.
    /// The interval is Newcombe's method 10 (1998), made of Wilson's. The smallest difference that could have been shown takes the number of
    /// such questions as it is, and is null where even all on one side would not have been enough.
    /// </summary>
    /// <param name="model">Whether the model is right: <c>[questions]</c>, at least one.</param>
    /// <param name="baseline">The other model, on the same questions.</param>
    /// <param name="tests">How many tests share <paramref name="alpha"/>, for the smallest difference.</param>
    /// <param name="alpha">Two-sided level of the test.</param>
    public static PairedTest Of(IReadOnlyList<bool> model, IReadOnlyList<bool> baseline, int tests = 1, double alpha = 0.05)
    {
        if (model.Count != baseline.Count || model.Count == 0)
        {
            throw new ArgumentException($"expected as many answers of both models, got {model.Count} and {baseline.Count}", nameof(baseline));
        }

        int both = 0, modelOnly = 0, baselineOnly = 0;
        for (var i = 0; i < model.Count; i++)
        {
            both += model[i] && baseline[i] ? 1 : 0;
            modelOnly += model[i] && !baseline[i] ? 1 : 0;
            baselineOnly += baseline[i] && !model[i] ? 1 : 0;
        }

        var (n, discordant) = (model.Count, modelOnly + baselineOnly);
        var p = Math.Min(1, 2 * IncompleteBeta.BinomialAtLeast(Math.Max(modelOnly, baselineOnly), discordant, 0.5));
        var (low, high) = Newcombe(both, modelOnly, baselineOnly, n);
        var detectable = Detectable(discordant, alpha / tests) is { } share ? share * discordant / n : (double?)null;
        return new PairedTest(n, (modelOnly - baselineOnly) / (double)n, low, high, p, detectable);
    }

    /// <summary>
    /// The smallest excess of one side, as a share of the discordant questions, that is found with probability 0.8; null where none is.
    /// </summary>
    private static double? Detectable(int discordant, double alpha)
    {
        if (2 * Math.Pow(0.5, discordant) > alpha)
        {
            return null;
        }

        var critical = discordant;
        while (critical > 0 && 2 * IncompleteBeta.BinomialAtLeast(critical - 1, discordant, 0.5) <= alpha)
        {
            critical--;
        }

        var (low, high) = (0.5, 1.0);
        for (var i = 0; i < 60; i++)
        {
            var middle = (low + high) / 2;
            var power = IncompleteBeta.BinomialAtLeast(critical, discordant, middle) + IncompleteBeta.BinomialAtLeast(critical, discordant, 1 - middle);
            (low, high) = power < Power ? (middle, high) : (low, middle);
        }

        return (2 * high) - 1;
    }

    private static (double Low, double High) Newcombe(int both, int modelOnly, int baselineOnly, int n)
    {
        double neither = n - both - modelOnly - baselineOnly, right = both + modelOnly, rightBaseline = both + baselineOnly;
        var (p, low, high) = Wilson(right, n);
        var (q, lowBaseline, highBaseline) = Wilson(rightBaseline, n);
        var margins = right * (n - right) * rightBaseline * (n - rightBaseline);
        var cross = (both * neither) - ((double)modelOnly * baselineOnly);

        // Newcombe's continuity correction applies to a positive correlation only.
        var correlation = margins == 0 ? 0 : (cross > 0 ? Math.Max(cross - (n / 2.0), 0) : cross) / Math.Sqrt(margins);
        double Length(double a, double b) => Math.Sqrt(Math.Max(0, (a * a) - (2 * correlation * a * b) + (b * b)));
        return (p - q - Length(p - low, highBaseline - q), p - q + Length(high - p, q - lowBaseline));
    }

    private static (double Share, double Low, double High) Wilson(double right, double n)
    {
        var share = right / n;
        var middle = share + (Z * Z / (2 * n));
        var half = Z * Math.Sqrt(((share * (1 - share)) + (Z * Z / (4 * n))) / n);
        return (share, (middle - half) / (1 + (Z * Z / n)), (middle + half) / (1 + (Z * Z / n)));
    }
}
