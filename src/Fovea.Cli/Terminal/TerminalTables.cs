using System.Globalization;
using Fovea.Cli.Story;
using Spectre.Console;

namespace Fovea.Cli.Terminal;

/// <summary>Shows a run's tables on a terminal.</summary>
internal static class TerminalTables
{
    /// <summary>Writes each summary table with its note.</summary>
    public static void Show(Screen screen, Findings findings)
    {
        foreach (var found in findings.Tables.Where(t => t.InSummary))
        {
            var table = new Table().Border(TableBorder.Simple).Title($"[bold]{Markup.Escape(found.Title)}[/]");
            table.AddColumn("");
            foreach (var column in found.Columns)
            {
                table.AddColumn(new TableColumn(Markup.Escape(column.Title + Arrow(column.HigherIsBetter))).RightAligned());
            }

            foreach (var row in found.Rows)
            {
                table.AddRow([Markup.Escape(row.Title), .. row.Cells.Select((c, i) => Format(c, found.Columns[i].Style))]);
            }

            screen.Results.Write(table);
            screen.Results.WriteLine(found.Note);
            screen.Results.WriteLine();
        }

        if (findings.Tables.Any(t => t.InSummary))
        {
            screen.Results.WriteLine("n of every number, paired differences and the spread between seeds: in report.html and in --json.");
        }
    }

    /// <summary>A number as tables write it; an en dash where there is no data.</summary>
    public static string Number(double? value, NumberStyle style) => value is not { } v || double.IsNaN(v) ? "–" : style switch
    {
        NumberStyle.Percent => (100 * v).ToString("0.0", CultureInfo.InvariantCulture) + " %",
        NumberStyle.Count => v.ToString("#,0", CultureInfo.InvariantCulture),
        _ => v.ToString("0.000", CultureInfo.InvariantCulture),
    };

    private static string Arrow(bool? higher) => higher switch { true => " ↑", false => " ↓", null => "" };

    private static string Format(FindingCell cell, NumberStyle style)
    {
        var text = Markup.Escape(cell.Text ?? Number(cell.Value, style));
        text = cell.Verdict switch
        {
            Verdict.Better => $"[green]{text} +[/]",
            Verdict.Worse => $"[red]{text} -[/]",
            _ => text,
        };
        return cell is { Low: { } low, High: { } high } ? $"{text}\n[grey]{Interval(low, style)} to {Interval(high, style)}[/]" : text;
    }

    private static string Interval(double end, NumberStyle style) => Number(end, style).Replace(" %", "", StringComparison.Ordinal);
}
