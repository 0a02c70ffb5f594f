using Fovea.Core.Results;

namespace Fovea.Evaluation.Statistics;

/// <summary>
/// Percentile bootstrap (Efron) of a ratio of sums over units: whole units are drawn with replacement, sums are made anew and then divided.
/// </summary>
public static class Bootstrap
{
    /// <summary>What an interval over so many seeds says and does not say; reports print it.</summary>
    public static string SeedsNote(int seeds) => seeds == 1
        ? "One seed: the spread between seeds was not measured."
        : $"Mean over {seeds} seeds; an interval resamples evaluation units within each seed and so does not include the spread between seeds.";

    /// <summary>Value and interval of one metric.</summary>
    /// <exception cref="Core.Errors.FoveaException">Lengths differ or a number is not finite.</exception>
    public static Estimate Of(Metric metric, BootstrapOptions? options = null) => AcrossSeeds([metric], options);

    /// <summary>
    /// Mean of the seeds' values. The interval is made by resampling units within each seed; seeds with equally many units share each resample,
    /// since they were evaluated on the same units. An AUC, whose sums of units cannot be resampled without leaving [0, 1], has the interval of <see cref="Clustered"/>.
    /// </summary>
    /// <exception cref="Core.Errors.FoveaException">No seed is given, names or lengths differ, or a number is not finite.</exception>
    public static Estimate AcrossSeeds(IReadOnlyList<Metric> seeds, BootstrapOptions? options = null) => seeds.Count > 0 && seeds.All(s => s.IsShare)
        ? Clustered.OfSeeds(seeds)
        : RatioBootstrap.Estimate([.. seeds.Select(m => new RatioPair(m, null))], options ?? new BootstrapOptions());
}

/// <summary>Bootstrap of the difference of two models that were evaluated on the same units: both see the same resampled units.</summary>
public static class PairedBootstrap
{
    /// <summary>Value and interval of (model - baseline).</summary>
    /// <exception cref="Core.Errors.FoveaException">The two do not have the same units, or a number is not finite.</exception>
    public static Estimate Difference(Metric model, Metric baseline, BootstrapOptions? options = null) =>
        AcrossSeeds([(model, baseline)], options);

    /// <summary>Mean over seeds of each seed's (model - baseline); see <see cref="Bootstrap.AcrossSeeds"/> for the interval.</summary>
    /// <exception cref="Core.Errors.FoveaException">A pair does not have the same units, or a number is not finite.</exception>
    public static Estimate AcrossSeeds(IReadOnlyList<(Metric Model, Metric Baseline)> seeds, BootstrapOptions? options = null) =>
        RatioBootstrap.Estimate([.. seeds.Select(s => new RatioPair(s.Model, s.Baseline))], options ?? new BootstrapOptions());
}
