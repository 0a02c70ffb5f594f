using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Reports;

/// <summary>Findings as the report's tables.</summary>
public static class ReportTables
{
    /// <summary>One table.</summary>
    public static ReportBlock Block(FindingTable table) => new TableBlock(
        table.Title, "", [.. table.Columns.Select((c, i) => Column(c, FindingNumbers.ColumnDecimals(table, i)))],
        [.. table.Rows.Select(r => new TableRow(r.Title, [.. r.Cells.Select((c, i) => Cell(c, table.Columns[i].Style))]))], table.Note);

    private static TableColumn Column(FindingColumn column, int decimals) => new(
        column.Title,
        column.Style switch { NumberStyle.Percent => NumberFormat.Percent, NumberStyle.Count => NumberFormat.Count, _ => NumberFormat.Ratio },
        column.HigherIsBetter switch { true => Direction.HigherIsBetter, false => Direction.LowerIsBetter, null => Direction.None },
        Decimals: decimals);

    private static TableCell Cell(FindingCell cell, NumberStyle style) => new(
        cell.Text, cell.Value, cell.Low, cell.High, cell.Count,
        cell.Verdict switch { Verdict.Better => Tone.Better, Verdict.Worse => Tone.Worse, _ => Tone.Neutral },
        Lines: Lines(cell, style));

    private static string[]? Lines(FindingCell cell, NumberStyle style)
    {
        string?[] lines =
        [
            cell.Difference is null ? null : "Δ " + FindingNumbers.Difference(cell, style).Replace(", ", ",\u00A0", StringComparison.Ordinal),
            cell.SeedDeviation is null ? null : "seeds ± " + FindingNumbers.Of(cell.SeedDeviation, style),
        ];
        return lines.Any(l => l is not null) ? [.. lines.OfType<string>()] : null;
    }
}
