using Fovea.Evaluation.Statistics;

namespace Fovea.Evaluation.Comparison;

/// <summary>One metric of one arm.</summary>
/// <param name="Evaluation">Which evaluation.</param>
/// <param name="Metric">Metric name.</param>
/// <param name="HigherIsBetter">Direction; null where there is none.</param>
/// <param name="Arm">Name of the arm.</param>
/// <param name="Seeds">The arm's seeds, ascending: what <see cref="Estimate.PerSeed"/> refers to.</param>
/// <param name="Estimate">Value and interval; its value is null without data.</param>
/// <param name="Difference">Mean over the seeds both have of (arm - baseline), paired by unit, with its interval and each seed's difference; null for the baseline itself and where no seed is shared.</param>
/// <param name="DifferenceSeeds">Seeds of <paramref name="Difference"/>, ascending.</param>
public sealed record ComparisonRow(
    string Evaluation,
    string Metric,
    bool? HigherIsBetter,
    string Arm,
    IReadOnlyList<long> Seeds,
    Estimate Estimate,
    Estimate? Difference,
    IReadOnlyList<long> DifferenceSeeds);

/// <summary>What a terminal or a page shows: rows by evaluation, then metric, then arm in the order given.</summary>
/// <param name="Baseline">The arm that differences are taken against.</param>
/// <param name="Arms">Arms in the order given.</param>
/// <param name="Unit">What was resampled, e.g. <c>scene</c>; several joined by "/" if evaluations differ.</param>
/// <param name="Options">How the intervals were made.</param>
/// <param name="Rows">The rows.</param>
public sealed record ComparisonTable(
    string Baseline,
    IReadOnlyList<string> Arms,
    string Unit,
    BootstrapOptions Options,
    IReadOnlyList<ComparisonRow> Rows)
{
    /// <summary>The row of a metric and an arm.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public ComparisonRow Row(string evaluation, string metric, string arm) =>
        Rows.FirstOrDefault(r => r.Evaluation == evaluation && r.Metric == metric && r.Arm == arm)
        ?? throw new KeyNotFoundException($"no row for {evaluation}, {metric}, {arm}");
}
