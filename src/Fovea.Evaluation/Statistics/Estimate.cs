namespace Fovea.Evaluation.Statistics;

/// <summary>How intervals are made: percentile bootstrap over units.</summary>
public sealed record BootstrapOptions
{
    /// <summary>Seed of the resampling streams; the stream's stage is <c>bootstrap/</c> and the metric's name.</summary>
    public long Seed { get; init; }

    /// <summary>Number of resamples; at least 100.</summary>
    public int Resamples { get; init; } = 2000;

    /// <summary>Level of the interval, in (0, 1).</summary>
    public double Level { get; init; } = 0.95;
}

/// <summary>
/// A value with its interval. Null means "no data": no number is invented where nothing was counted.
/// </summary>

/// <param name="Value">Ratio of sums, or the difference of two; over several seeds the mean of <paramref name="PerSeed"/>'s values. Null without data.</param>
/// <param name="Low">Lower end of the interval; null where there is none (fewer than two units with data, or too many undefined resamples).</param>
/// <param name="High">Upper end; null together with <paramref name="Low"/>.</param>
/// <param name="Count">Things counted (sum of denominators), over all seeds; of the first model in a difference.</param>

/// <param name="PerSeed">Value of each seed, in the order given; null where that seed has no data.</param>
public sealed record Estimate(double? Value, double? Low, double? High, double Count, IReadOnlyList<double?> PerSeed)
{
    /// <summary>Seeds with data.</summary>
    public int Seeds => PerSeed.Count(v => v is not null);

    /// <summary>Sample standard deviation of the seeds' values; null with fewer than two. Not part of the interval.</summary>
    public double? SeedDeviation
    {
        get
        {
            if (Value is not { } mean || Seeds < 2)
            {
                return null;
            }

            return Math.Sqrt(PerSeed.Sum(v => v is { } x ? (x - mean) * (x - mean) : 0) / (Seeds - 1));
        }
    }

    /// <summary>The same in another unit, such as points for a share.</summary>
    internal Estimate Times(double scale) =>
        this with { Value = scale * Value, Low = scale * Low, High = scale * High, PerSeed = [.. PerSeed.Select(v => scale * v)] };
}
