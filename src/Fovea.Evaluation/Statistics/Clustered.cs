using Fovea.Core.Results;

namespace Fovea.Evaluation.Statistics;

/// <summary>
/// Intervals and tests of ratios of sums, and of means of such ratios, where the unit that was drawn is a cluster of questions (an image, a figure): the
/// cluster-robust standard error of the linearised ratio (Cochran 1977, section 6.3), with Student's t at clusters - 1 degrees of freedom, or fewer for a
/// share that rests on few of its clusters. Its coverage was measured against those of bootstraps, which fall short with few clusters: docs/decisions/0036.
/// </summary>
public static class Clustered
{
    private const double Level = 0.95;
    private const double Power = 0.8;

    /// <summary>A share nearer to 0 or 1 is there but for rounding.</summary>
    private const double Edge = 1e-12;

    /// <summary>Value and 95 % interval of one ratio; see the other overload.</summary>
    /// <exception cref="FoveaException">Lengths differ or a number is not finite.</exception>
    public static Estimate Interval(Metric metric) => Interval([metric]);

    /// <summary>
    /// Value and 95 % interval of the mean of several ratios over the same clusters. A share (all numerators between 0 and their denominators, or so marked, as
    /// an AUC is) gets its interval on the logit scale, which keeps it in [0, 1], with the degrees of freedom that its clusters' tails leave, and never wider than if
    /// all that a cluster counts were right or wrong together; a share that is 0 or 1 gets the exact binomial one of as many trials as there are clusters.
    /// A mean with a part that counted nothing has no value.
    /// </summary>
    /// <exception cref="FoveaException">Lengths differ or a number is not finite.</exception>
    public static Estimate Interval(IReadOnlyList<Metric> parts)
    {
        var count = parts.Sum(p => p.Count);
        if (Linearised.Of(parts) is not { } of)
        {
            return new Estimate(null, null, null, count, [null]);
        }

        var (low, high) = of.Clusters < 2 ? (default(double?), default(double?)) : Around(parts, of);
        return new Estimate(of.Value, low, high, count, [of.Value]);
    }

    /// <summary>
    /// Mean of the seeds' values with its 95 % interval; seeds with equally many clusters were evaluated on the same ones, others on clusters of their own. Seeds
    /// that counted nothing are left out of the mean.
    /// </summary>
    /// <exception cref="FoveaException">Lengths differ or a number is not finite.</exception>
    internal static Estimate OfSeeds(IReadOnlyList<Metric> seeds)
    {
        var counted = seeds.Where(s => s.Count != 0).ToArray();
        var of = counted.Length == 0 ? Interval(seeds) : Interval(counted.All(s => s.Numerators.Length == counted[0].Numerators.Length) ? counted : Apart(counted));
        return of with { PerSeed = [.. seeds.Select(s => s.Count == 0 ? (double?)null : s.Value)] };
    }

    /// <summary>The same ratios, each over clusters of its own.</summary>
    private static Metric[] Apart(Metric[] parts)
    {
        double[] Place(int part, Func<Metric, double[]> sums) => [.. parts.SelectMany((p, i) => i == part ? sums(p) : new double[p.Numerators.Length])];
        return [.. parts.Select((p, i) => p with { Numerators = Place(i, m => m.Numerators), Denominators = Place(i, m => m.Denominators) })];
    }

    /// <summary>The difference of one ratio; see the other overload.</summary>
    /// <exception cref="FoveaException">The two do not have the same clusters, or a number is not finite.</exception>
    public static PairedTest? Difference(Metric model, Metric baseline, int tests = 1) => Difference([model], [baseline], tests);

    /// <summary>
    /// The difference (model - baseline) on the same clusters, its 95 % interval and p; pairs are clusters. p is at least
    /// 2 / 2^clusters, the smallest that the signs of so many clusters can show.
    /// </summary>
    /// <param name="model">The model: a ratio, or several whose mean is meant.</param>
    /// <param name="baseline">What it is compared with.</param>
    /// <param name="tests">How many tests share the level of 0.05, for the smallest difference.</param>
    /// <returns>Null where one of the two counted nothing.</returns>
    /// <exception cref="FoveaException">The two do not have the same clusters, or a number is not finite.</exception>
    public static PairedTest? Difference(IReadOnlyList<Metric> model, IReadOnlyList<Metric> baseline, int tests = 1)
    {
        if (model[0].Numerators.Length != baseline[0].Numerators.Length)
        {
            throw new FoveaException($"metric {model[0].Name} has {model[0].Numerators.Length} units and its baseline {baseline[0].Numerators.Length}; "
                + "a paired difference needs the same units");
        }

        if (Linearised.Of(model) is not { } ofModel || Linearised.Of(baseline) is not { } ofBaseline)
        {
            return null;
        }

        var difference = ofModel.Minus(ofBaseline, [.. model, .. baseline]);
        if (difference.Clusters < 2)
        {
            return new PairedTest(difference.Clusters, difference.Value, null, null, null, null);
        }

        var (error, degrees) = (difference.Error, difference.Clusters - 1);
        var half = StudentT.Quantile((1 + Level) / 2, degrees) * error;
        var p = error > 0 ? StudentT.TwoSided(difference.Value / error, degrees) : difference.Value == 0 ? 1 : 0;
        double? detectable = error > 0
            ? (StudentT.Quantile(1 - ((1 - Level) / tests / 2), degrees) + StudentT.Quantile(Power, degrees)) * error : null;
        return new PairedTest(difference.Clusters, difference.Value, difference.Value - half, difference.Value + half,
            Math.Max(p, 2 * Math.Pow(0.5, difference.Clusters)), detectable);
    }

    private static (double? Low, double? High) Around(IReadOnlyList<Metric> parts, Linearised of)
    {
        var areCounted = parts.All(m => m.Numerators.Zip(m.Denominators).All(s => s.First >= 0 && s.First <= s.Second));
        var isShare = areCounted || parts.All(m => m.IsShare);
        if (!isShare)
        {
            var around = StudentT.Quantile((1 + Level) / 2, of.Clusters - 1) * of.Error;
            return (of.Value - around, of.Value + around);
        }

        if (of.Value is < Edge or > 1 - Edge)
        {
            var away = 1 - Math.Pow((1 - Level) / 2, 1.0 / of.Clusters);
            return of.Value < Edge ? (0, away) : (1 - away, 1);
        }

        var half = StudentT.Quantile((1 + Level) / 2, of.Degrees) * of.Error;
        if (areCounted && parts.Count == 1)
        {
            half = Math.Min(half, StudentT.Quantile((1 + Level) / 2, of.Clusters - 1) * Math.Max(of.Error, of.ErrorOfAlike(parts[0])));
        }

        var (logit, reach) = (Math.Log(of.Value / (1 - of.Value)), half / (of.Value * (1 - of.Value)));
        return (1 / (1 + Math.Exp(reach - logit)), 1 / (1 + Math.Exp(-reach - logit)));
    }
}
