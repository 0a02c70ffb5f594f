using Fovea.Evaluation.Statistics;

namespace Fovea.Evaluation.Comparison;

/// <summary>One metric of one arm.</summary>
/// <param name="Evaluation">Which evaluation.</param>
/// <param name="Metric">Metric name.</param>
/// <param name="HigherIsBetter">Direction; null where there is none.</param>
/// <param name="Arm">Name of the arm.</param>
/// <param name="Estimate">Value and interval; its value is null without data.</param>
/// <param name="Difference">Mean over the seeds both have of (arm - baseline), paired by unit, with its interval and each seed's difference; null for the
/// baseline itself and where no seed is shared.</param>
public sealed record ComparisonRow(string Evaluation, string Metric, bool? HigherIsBetter, string Arm, Estimate Estimate, Estimate? Difference);

/// <summary>What a terminal or a page shows: rows by evaluation, then metric, then arm in the order given.</summary>
/// <param name="Unit">What was resampled, e.g. <c>scene</c>; several joined by "/" if evaluations differ.</param>
/// <param name="Rows">The rows.</param>
public sealed record ComparisonTable(string Unit, IReadOnlyList<ComparisonRow> Rows);
