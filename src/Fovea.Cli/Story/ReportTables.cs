using Fovea.Cli.Terminal;
using Fovea.Reporting.Documents;

namespace Fovea.Cli.Story;

/// <summary>Findings as the report's tables.</summary>
internal static class ReportTables
{
    /// <summary>One table.</summary>
    public static ReportBlock Block(FindingTable table) => new TableBlock(
        table.Title, "", [.. table.Columns.Select(Column)],
        [.. table.Rows.Select(r => new TableRow(r.Title, [.. r.Cells.Select((c, i) => Cell(c, table.Columns[i].Style))]))], table.Note);

    private static TableColumn Column(FindingColumn column) => new(
        column.Title,
        column.Style switch { NumberStyle.Percent => NumberFormat.Percent, NumberStyle.Count => NumberFormat.Count, _ => NumberFormat.Ratio },
        column.HigherIsBetter switch { true => Direction.HigherIsBetter, false => Direction.LowerIsBetter, null => Direction.None });

    private static TableCell Cell(FindingCell cell, NumberStyle style) => new(
        cell.Text, cell.Value, cell.Low, cell.High, cell.Count,
        cell.Verdict switch { Verdict.Better => Tone.Better, Verdict.Worse => Tone.Worse, _ => Tone.Neutral },
        Hint(cell, style));

    private static string? Hint(FindingCell cell, NumberStyle style)
    {
        string Number(double? value) => TerminalTables.Number(value, style);
        string?[] parts =
        [
            cell.Difference is null ? null : $"paired difference {Number(cell.Difference)} [{Number(cell.DifferenceLow)}, {Number(cell.DifferenceHigh)}]",
            cell.SeedDeviation is null ? null : $"standard deviation between seeds {Number(cell.SeedDeviation)}",
        ];
        return parts.Any(p => p is not null) ? string.Join("; ", parts.OfType<string>()) : null;
    }
}
