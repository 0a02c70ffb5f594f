using System.Globalization;
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
        cell.Difference is null ? null : string.Create(CultureInfo.InvariantCulture,
            $"difference {TerminalTables.Number(cell.Difference, style)} [{TerminalTables.Number(cell.DifferenceLow, style)}, {TerminalTables.Number(cell.DifferenceHigh, style)}]"));
}
