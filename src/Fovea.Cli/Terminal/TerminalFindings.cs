using Fovea.Pipeline.Findings;
using Spectre.Console;

namespace Fovea.Cli.Terminal;

/// <summary>Shows what a run found on a terminal: sentences first, then the tables that fit.</summary>
internal static class TerminalFindings
{
    /// <summary>Widest line that is written.</summary>
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
            if (!screen.WriteIfFits(Table(found), Width) && !screen.WriteIfFits(Turned(found), Width))
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

    /// <summary>Writes one table with its note.</summary>
    public static void Show(Screen screen, FindingTable table)
    {
        if (!screen.WriteIfFits(Table(table), Width))
        {
            screen.WriteIfFits(Turned(table), int.MaxValue / 8);
        }

        Paragraph(screen.Results, table.Note);
    }

    /// <summary>Text broken at blanks, with <paramref name="bullet"/> before its first line and as much room before the others.</summary>
    internal static IEnumerable<string> Wrapped(string text, string bullet)
    {
        var line = bullet;
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > bullet.Length && line.Length + 1 + word.Length > Width)
            {
                yield return line;
                line = new string(' ', bullet.Length);
            }

            line += (line.Length > bullet.Length ? " " : "") + word;
        }

        yield return line.TrimEnd();
    }

    private static void Paragraph(IAnsiConsole console, string text, string bullet = "", Style? style = null)
    {
        foreach (var line in Wrapped(text, bullet))
        {
            console.WriteLine(line, style ?? Style.Plain);
        }

        console.WriteLine();
    }

    private static Table Table(FindingTable found)
    {
        var table = Begin(found);
        foreach (var column in found.Columns)
        {
            table.AddColumn(new TableColumn(Markup.Escape(column.Title + Arrow(column.HigherIsBetter))).RightAligned().NoWrap());
        }

        foreach (var row in found.Rows)
        {
            table.AddRow([Markup.Escape(row.Title), .. row.Cells.Select((c, i) => Cell(found, c, i))]);
        }

        return table;
    }

    private static Table Turned(FindingTable found)
    {
        var table = Begin(found);
        foreach (var row in found.Rows)
        {
            table.AddColumn(new TableColumn(Markup.Escape(row.Title)).RightAligned().NoWrap());
        }

        for (var i = 0; i < found.Columns.Count; i++)
        {
            var column = i;
            table.AddRow([Markup.Escape(found.Columns[i].Title + Arrow(found.Columns[i].HigherIsBetter)), .. found.Rows.Select(r => Cell(found, r.Cells[column], column))]);
        }

        return table;
    }

    private static Table Begin(FindingTable found)
    {
        var table = new Table().Border(TableBorder.Simple).Title($"[bold]{Markup.Escape(found.Title)}[/]");
        return table.AddColumn(new TableColumn("").NoWrap());
    }

    private static string Arrow(bool? higher) => higher switch { true => " ↑", false => " ↓", null => "" };

    private static string Cell(FindingTable table, FindingCell cell, int column)
    {
        var style = table.Columns[column].Style;
        var decimals = FindingNumbers.ColumnDecimals(table, column);
        var value = Markup.Escape(cell.Text ?? FindingNumbers.Of(cell.Value, style, decimals));
        value = cell.Verdict switch
        {
            Verdict.Better => $"[green]{value} better[/]",
            Verdict.Worse => $"[red]{value} worse[/]",
            _ => value,
        };
        string[] lines = [FindingNumbers.Interval(cell.Low, cell.High, style, decimals), cell.Difference is null ? "" : "Δ " + FindingNumbers.Difference(cell, style)];
        return string.Join('\n', lines.Where(l => l.Length > 0).Select(l => $"[grey]{Markup.Escape(l)}[/]").Prepend(value));
    }
}
