using Fovea.Core.Text;
using Fovea.Pipeline.Findings;
using Fovea.Pipeline.Reports;
using Fovea.Reporting.Documents;
using Spectre.Console;
using TableColumn = Spectre.Console.TableColumn;

namespace Fovea.Cli.Terminal;

/// <summary>Shows what a run found on a terminal: sentences first, then the tables that fit.</summary>
internal static class TerminalFindings
{
    public const int Width = 100;

    /// <summary>Writes warning, sentences, and each summary table: as it is or turned, or left to the report where neither fits.</summary>
    public static void Show(Screen screen, RunFindings findings)
    {
        var console = screen.Results;
        if (findings.Conclusions.Warning is { } warning)
        {
            Paragraph(console, warning, style: Color.Yellow);
        }

        foreach (var sentence in findings.Conclusions.Sentences)
        {
            Paragraph(console, sentence, "- ");
        }

        var left = new List<string>();
        foreach (var found in findings.Tables.Where(t => t.InSummary))
        {
            if (!screen.WriteIfFits(Table(found), Width) && !screen.WriteIfFits(Table(found, turned: true), Width))
            {
                left.Add(found.Title);
            }
        }

        Paragraph(console, findings.HowToRead);
        if (left.Count > 0)
        {
            Paragraph(console, $"Too wide for a terminal, in the report: {string.Join("; ", left)}.");
        }
    }

    public static void Show(Screen screen, FindingTable table)
    {
        if (!screen.WriteIfFits(Table(table), Width))
        {
            screen.WriteIfFits(Table(table, turned: true), int.MaxValue / 8);
        }

        Paragraph(screen.Results, table.Note);
    }

    private static void Paragraph(IAnsiConsole console, string text, string bullet = "", Style? style = null)
    {
        foreach (var line in WrappedText.Lines(text, Width, bullet))
        {
            console.WriteLine(line, style ?? Style.Plain);
        }

        console.WriteLine();
    }

    private static Table Table(FindingTable found, bool turned = false)
    {
        string[] columns = [.. found.Columns.Select(c => Markup.Escape(c.Title + Arrow(c.HigherIsBetter)))], rows =
            [.. found.Rows.Select(r => Markup.Escape(r.Title))];
        var (across, down) = turned ? (rows, columns) : (columns, rows);
        var table = new Table().Border(TableBorder.Simple).Title($"[bold]{Markup.Escape(found.Title)}[/]").AddColumn(new TableColumn("").NoWrap());
        foreach (var head in across)
        {
            table.AddColumn(new TableColumn(head).RightAligned().NoWrap());
        }

        for (var d = 0; d < down.Length; d++)
        {
            table.AddRow([down[d], .. across.Select((_, a) => turned ? Cell(found, a, d) : Cell(found, d, a))]);
        }

        return table;
    }

    private static string Arrow(bool? higher) => higher switch { true => " ↑", false => " ↓", null => "" };

    private static string Cell(FindingTable table, int row, int column)
    {
        var cell = table.Rows[row].Cells[column];
        var style = table.Columns[column].Style;
        var decimals = FindingNumbers.ColumnDecimals(table, column);
        var value = Markup.Escape(cell.Text ?? FindingNumbers.Of(cell.Value, style, decimals));
        value = cell.Verdict switch
        {
            Tone.Better => $"[green]{value} better[/]",
            Tone.Worse => $"[red]{value} worse[/]",
            _ => value,
        };
        string[] lines = [FindingNumbers.Interval(cell.Low, cell.High, style, decimals),
            cell.Difference is null ? "" : "Δ " + FindingNumbers.Difference(cell, style)];
        return string.Join('\n', lines.Where(l => l.Length > 0).Select(l => $"[grey]{Markup.Escape(l)}[/]").Prepend(value));
    }
}
