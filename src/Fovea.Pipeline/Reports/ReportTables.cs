using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Reports;

/// <summary>Findings as the report's tables.</summary>
public static class ReportTables
{
    /// <summary>One table.</summary>
    public static ReportBlock Block(FindingTable table) => new TableBlock(
        table.Title, "", [.. table.Columns.Select((c, i) => new TableColumn(c.Title, c.Style, c.HigherIsBetter, FindingNumbers.ColumnDecimals(table, i)))],
        [.. table.Rows.Select(r => new TableRow(r.Title, [.. r.Cells.Select((c, i) => Cell(c, table.Columns[i].Style))]))], table.Note);

    private static TableCell Cell(FindingCell cell, NumberFormat style) =>
        new(cell.Text, cell.Value, cell.Low, cell.High, cell.Count, cell.Verdict, Lines(cell, style));

    private static string[]? Lines(FindingCell cell, NumberFormat style)
    {
        string?[] lines =
        [
            cell.Difference is null ? null : "Δ " + FindingNumbers.Difference(cell, style).Replace(", ", ",\u00A0", StringComparison.Ordinal),
            cell.SeedDeviation is null ? null : "seeds ± " + FindingNumbers.Of(cell.SeedDeviation, style),
        ];
        return lines.Any(l => l is not null) ? [.. lines.OfType<string>()] : null;
    }
}
