using Fovea.Core.Results;
using Fovea.Evaluation.Comparison;
using Fovea.Pipeline.Reports;
using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Findings;

/// <summary>Arms by metrics, as a table of findings with intervals and paired differences.</summary>
public static class ComparisonFindings
{
    /// <summary>One column: a metric of one evaluation.</summary>
    public sealed record MetricColumn(string Evaluation, string Metric, string Title, NumberFormat Style = NumberFormat.Ratio)
    {
        /// <summary>Its key in JSON.</summary>
        public string Key => Metric;
    }

    /// <summary>Builds the table.</summary>
    /// <param name="key">Name in JSON.</param>
    /// <param name="title">What it shows.</param>
    /// <param name="results">One per arm, seed and evaluation.</param>
    /// <param name="baseline">The arm that differences are taken against.</param>
    /// <param name="columns">Metrics, in order.</param>
    /// <param name="titles">Arms in order, with their titles.</param>
    /// <param name="extra">Columns in front that are counts and not metrics, and their cells by arm.</param>
    public static FindingTable Table(
        string key,
        string title,
        IReadOnlyList<ArmResult> results,
        string baseline,
        IReadOnlyList<MetricColumn> columns,
        IReadOnlyList<(string Arm, string Title)> titles,
        (IReadOnlyList<FindingColumn> Columns, Func<string, IReadOnlyList<FindingCell>> Cells)? extra = null)
    {
        var wanted = columns.Select(c => (c.Evaluation, c.Metric)).ToHashSet();
        var table = ComparisonBuilder.Build([.. results.Select(r => r with { Result = Only(r.Result, wanted) })], baseline);
        var directions = columns.Select(c => table.Rows.FirstOrDefault(r => r.Evaluation == c.Evaluation && r.Metric == c.Metric)?.HigherIsBetter).ToArray();
        var rows = titles.Select(t => new FindingRow(t.Arm, t.Title, [
            .. extra?.Cells(t.Arm) ?? [],
            .. columns.Select(c => Cell(table.Rows.FirstOrDefault(r => r.Evaluation == c.Evaluation && r.Metric == c.Metric && r.Arm == t.Arm), c.Style)),
        ])).ToArray();
        var note = $"Unit: {table.Unit}.{(titles.Count > 1 ? $" Beneath a number: its paired difference to {titles.First(t => t.Arm == baseline).Title}." : "")}";
        return new FindingTable(key, title, note,
            [.. extra?.Columns ?? [], .. columns.Select((c, i) => new FindingColumn(c.Key, c.Title, c.Style, directions[i]))], rows);
    }

    private static FindingCell Cell(ComparisonRow? row, NumberFormat style) => row is null ? new FindingCell()
        : row.Difference is { } difference ? FindingCell.Of(row.Estimate).Against(difference, style, row.HigherIsBetter)
        : FindingCell.Of(row.Estimate);

    private static EvalResult Only(EvalResult result, HashSet<(string, string)> wanted) =>
        result with { Metrics = [.. result.Metrics.Where(m => wanted.Contains((result.Evaluation, m.Name)))] };
}
