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
/// <param name="LogY">Logarithmic vertical axis; values at or below zero are gaps.</param>
/// <param name="References">Horizontal lines to compare with, e.g. chance.</param>
/// <param name="Note">What the band is.</param>
public sealed record CurveBlock(
    string Caption, ChartAxis X, ChartAxis Y, IReadOnlyList<CurveSeries> Series, bool LogY = false,
    IReadOnlyList<ReferenceLine>? References = null, string? Note = null) : ReportBlock;

/// <summary>One line.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="X"><c>[points]</c>, ascending.</param>
/// <param name="Y"><c>[points]</c>.</param>
/// <param name="Low">Lower edge of the band, <c>[points]</c>; goes with <paramref name="High"/>.</param>
/// <param name="High">Upper edge of the band, <c>[points]</c>.</param>
public sealed record CurveSeries(
    string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y, IReadOnlyList<double>? Low = null, IReadOnlyList<double>? High = null);

/// <summary>A horizontal line to compare with.</summary>
/// <param name="Name">Written on it.</param>
/// <param name="Y">Where.</param>
public sealed record ReferenceLine(string Name, double Y);

/// <summary>
/// Distributions by class, each as a ridge (smoothed histogram, own height) over a box (5th, 25th, 50th, 75th, 95th percentile; dot at
/// the mean), sorted by mean, highest first.
/// </summary>
/// <param name="Caption">What it shows.</param>
/// <param name="Axis">The values' axis, e.g. VIG in nats.</param>
/// <param name="Classes">One ridge each.</param>
/// <param name="Note">What a value is, and where the classes come from.</param>
public sealed record DistributionBlock(string Caption, ChartAxis Axis, IReadOnlyList<ClassDistribution> Classes, string? Note = null) : ReportBlock;

/// <summary>All values of one class; only summaries of them reach the file.</summary>
/// <param name="Name">The class.</param>
/// <param name="Values">Values that are not finite are left out, counted and reported.</param>
/// <param name="Group">Gives the colour and an entry in the legend; null where there are no groups.</param>
public sealed record ClassDistribution(string Name, IReadOnlyList<float> Values, string? Group = null);

/// <summary>Horizontal bars from zero, with intervals: one bar per class and series.</summary>
/// <param name="Caption">What it shows.</param>
/// <param name="Axis">The values' axis.</param>
/// <param name="Classes"><c>[classes]</c>.</param>
/// <param name="Series">Bars within a class.</param>
/// <param name="Note">What the interval is.</param>
public sealed record BarBlock(
    string Caption, ChartAxis Axis, IReadOnlyList<string> Classes, IReadOnlyList<BarSeries> Series, string? Note = null) : ReportBlock;

/// <summary>One bar per class.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Values"><c>[classes]</c>.</param>
public sealed record BarSeries(string Name, IReadOnlyList<BarValue> Values);

/// <summary>One bar; not-a-number leaves the place empty.</summary>
/// <param name="Value">Length of the bar.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end of the interval.</param>
/// <param name="Count">n.</param>
public sealed record BarValue(double Value, double? Low = null, double? High = null, double? Count = null);
