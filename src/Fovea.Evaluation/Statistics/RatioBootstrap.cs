using Fovea.Core.Randomness;

namespace Fovea.Evaluation.Statistics;

/// <summary>The one engine behind plain and paired intervals, of one seed or several.</summary>
internal static class RatioBootstrap
{
    /// <summary>More undefined resamples than this share, and there is no interval.</summary>
    private const double MaxUndefinedShare = 0.05;

    public static Estimate Estimate(IReadOnlyList<RatioPair> seeds, BootstrapOptions options)
    {
        Check(seeds, options);
        var name = seeds[0].Model.Name;
        var perSeed = seeds.Select(s => Defined(s.Value(Ones(s.Units)))).ToArray();
        var withData = seeds.Where((_, i) => perSeed[i] is not null).ToArray();
        var value = withData.Length == 0 ? (double?)null : perSeed.Average();
        var (low, high) = withData.Length == 0 ? (null, null) : Interval(withData, name, options);
        return new Estimate(value, low, high, seeds.Sum(s => s.Model.Denominators.Sum()), perSeed);
    }

    private static (double? Low, double? High) Interval(RatioPair[] seeds, string name, BootstrapOptions options)
    {
        if (seeds.Any(s => s.Model.Denominators.Count(d => d != 0) < 2))
        {
            return (null, null);
        }

        var shared = seeds.All(s => s.Units == seeds[0].Units);
        var streams = Enumerable.Range(0, shared ? 1 : seeds.Length)
            .Select(i => new RandomSource(options.Seed, "bootstrap/" + name, i)).ToArray();
        var values = new List<double>(options.Resamples);
        for (var r = 0; r < options.Resamples; r++)
        {
            var drawn = shared ? Draw(streams[0], seeds[0].Units) : null;
            var mean = seeds.Select((s, i) => s.Value(drawn ?? Draw(streams[i], s.Units))).Average();
            if (!double.IsNaN(mean))
            {
                values.Add(mean);
            }
        }

        if (values.Count < options.Resamples * (1 - MaxUndefinedShare))
        {
            return (null, null);
        }

        values.Sort();
        var tail = (1 - options.Level) / 2;
        return (Quantile(values, tail), Quantile(values, 1 - tail));
    }

    /// <summary>How often each of n units is drawn in n draws with replacement: <c>[units]</c>.</summary>
    private static double[] Draw(RandomSource source, int units)
    {
        var counts = new double[units];
        for (var i = 0; i < units; i += 2)
        {
            // Two draws from 64 bits, each the high word of 32 bits * n: uniform but for a bias below n / 2^32.
            var bits = source.NextBits();
            counts[(int)((ulong)units * (uint)bits >> 32)]++;
            if (i + 1 < units)
            {
                counts[(int)((ulong)units * (bits >> 32) >> 32)]++;
            }
        }

        return counts;
    }

    /// <summary>Quantile with linear interpolation between order statistics (Hyndman and Fan's type 7).</summary>
    internal static double Quantile(IReadOnlyList<double> sorted, double q)
    {
        var place = q * (sorted.Count - 1);
        var below = (int)place;
        var above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
    }

    private static double[] Ones(int units)
    {
        var ones = new double[units];
        Array.Fill(ones, 1);
        return ones;
    }

    private static double? Defined(double value) => double.IsNaN(value) ? null : value;

    private static void Check(IReadOnlyList<RatioPair> seeds, BootstrapOptions options)
    {
        if (options.Resamples < 100 || options.Level is not (> 0 and < 1))
        {
            throw new FoveaException($"bootstrap: resamples must be at least 100 and level in (0, 1), got {options.Resamples} and {options.Level}");
        }

        if (seeds.Count == 0)
        {
            throw new FoveaException("bootstrap: no result was given");
        }

        foreach (var (model, baseline) in seeds)
        {
            if (model.Name != seeds[0].Model.Name || (baseline is not null && baseline.Name != model.Name))
            {
                throw new FoveaException($"bootstrap: metric {baseline?.Name ?? model.Name} cannot be compared with {seeds[0].Model.Name}");
            }

            MetricCheck.Finite(model);
            if (baseline is not null)
            {
                MetricCheck.Finite(baseline);
                if (baseline.Numerators.Length != model.Numerators.Length)
                {
                    throw new FoveaException($"bootstrap: metric {model.Name} has {model.Numerators.Length} units and its "
                        + $"baseline {baseline.Numerators.Length}; a paired difference needs the same units");
                }
            }
        }
    }
}
