namespace Fovea.Reporting.Documents;

/// <summary>A chart's axis.</summary>
/// <param name="Title">What it counts.</param>
/// <param name="Unit">Its unit, e.g. <c>nats</c>; null where it has none.</param>
/// <param name="Format">How numbers on hover and in labels are written; ticks choose their own decimals (Percent and Count are followed).</param>
public sealed record ChartAxis(string Title, string? Unit = null, NumberFormat Format = NumberFormat.General);

/// <summary>Line charts. A value that is not a number is a gap.</summary>
/// <param name="Caption">What it shows.</param>
/// <param name="X">Horizontal axis.</param>
/// <param name="Y">Vertical axis.</param>
/// <param name="Series">Lines, in the legend's order; a name has the same colour throughout a document.</param>

public sealed record CurveBlock(string Caption, ChartAxis X, ChartAxis Y, IReadOnlyList<CurveSeries> Series) : ReportBlock;

/// <summary>One line.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="X"><c>[points]</c>, ascending.</param>
/// <param name="Y"><c>[points]</c>.</param>

public sealed record CurveSeries(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y);

/// <summary>
/// Distributions by class, each as a ridge (smoothed histogram, own height) over a box (5th, 25th, 50th, 75th, 95th percentile; dot at
/// the mean), sorted by mean, highest first.
/// </summary>
/// <param name="Caption">What it shows.</param>
/// <param name="Axis">The values' axis, e.g. VIG in nats.</param>
/// <param name="Classes">One ridge each.</param>

public sealed record DistributionBlock(string Caption, ChartAxis Axis, IReadOnlyList<ClassDistribution> Classes) : ReportBlock;

/// <summary>All values of one class; only summaries of them reach the file.</summary>
/// <param name="Name">The class.</param>
/// <param name="Values">Values that are not finite are left out, counted and reported.</param>

public sealed record ClassDistribution(string Name, IReadOnlyList<float> Values);

/// <summary>Horizontal bars from zero: one bar per class and series.</summary>
/// <param name="Caption">What it shows.</param>
/// <param name="Axis">The values' axis.</param>
/// <param name="Classes"><c>[classes]</c>.</param>
/// <param name="Series">Bars within a class.</param>

public sealed record BarBlock(string Caption, ChartAxis Axis, IReadOnlyList<string> Classes, IReadOnlyList<BarSeries> Series) : ReportBlock;

/// <summary>One bar per class.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Values"><c>[classes]</c>; not-a-number leaves the place empty.</param>
public sealed record BarSeries(string Name, IReadOnlyList<double> Values)
{
    /// <summary>Ends of the intervals, <c>[classes]</c>, null where a value has none; null for none at all.</summary>
    public IReadOnlyList<(double Low, double High)?>? Intervals { get; init; }
}

