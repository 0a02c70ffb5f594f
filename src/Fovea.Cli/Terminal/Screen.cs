using Fovea.Core.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Fovea.Cli.Terminal;

/// <summary>
/// Where a command writes: tables on standard output, progress and notices on standard error, so that a pipe gets results only.
/// </summary>
internal sealed class Screen
{
    /// <summary>Opens the two streams; with <paramref name="json"/> standard output is kept for one document.</summary>
    public Screen(bool json)
    {
        Json = json;
        Results = AnsiConsole.Create(Console.IsOutputRedirected
            ? new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(new TrimmedWriter(Console.Out)) }
            : new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        Notices = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        if (Console.IsOutputRedirected)
        {
            Results.Profile.Width = 160;
        }
    }

    /// <summary>Whether one JSON document is all that standard output gets.</summary>
    public bool Json { get; }

    public IAnsiConsole Results { get; }

    public IAnsiConsole Notices { get; }

    /// <summary>Whether progress can be drawn in place.</summary>
    public bool IsInteractive => !Console.IsErrorRedirected && Notices.Profile.Capabilities.Interactive;

    /// <summary>Writes the one document where it was asked for, and else what a person reads.</summary>
    public void Show(Func<object> document, Action text)
    {
        if (Json)
        {
            Console.WriteLine(JsonSerializer.Serialize(document(), StageManifest.Json));
        }
        else
        {
            text();
        }
    }

    /// <summary>Writes a table on standard output; its cells are markup.</summary>
    public void WriteTable(string[] heads, IEnumerable<string[]> rows)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns(heads);
        foreach (var row in rows)
        {
            table.AddRow(row);
        }

        Results.Write(table);
    }

    /// <summary>
    /// Writes to standard output without blanks at the ends of lines; nothing, and false, where a line would be longer than <paramref name="width"/>.
    /// </summary>
    public bool WriteIfFits(IRenderable what, int width)
    {
        var lines = Lines(Results, what, 4 * width);
        if (lines.Any(l => l.Sum(s => s.CellCount()) > width))
        {
            return false;
        }

        Write(Results, lines);
        return true;
    }

    private static List<List<Segment>> Lines(IAnsiConsole console, IRenderable what, int width)
    {
        var options = RenderOptions.Create(console, console.Profile.Capabilities);
        return [.. Segment.SplitLines(what.Render(options, width)).Select(Trimmed)];
    }

    private static List<Segment> Trimmed(SegmentLine line)
    {
        var segments = line.Where(s => !s.IsControlCode).ToList();
        while (segments.Count > 0 && string.IsNullOrWhiteSpace(segments[^1].Text))
        {
            segments.RemoveAt(segments.Count - 1);
        }

        if (segments.Count > 0)
        {
            segments[^1] = new Segment(segments[^1].Text.TrimEnd(), segments[^1].Style);
        }

        return segments;
    }

    private static void Write(IAnsiConsole console, List<List<Segment>> lines)
    {
        foreach (var line in lines)
        {
            foreach (var segment in line)
            {
                console.Write(new Text(segment.Text, segment.Style));
            }

            console.WriteLine();
        }
    }

    /// <summary>Writes plain lines of any length: the console's own layout would break them and interpret brackets.</summary>
    public static void WriteLines(IAnsiConsole console, params IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            console.Profile.Out.Writer.WriteLine(line);
        }
    }

    public static void Notice(string line) => StandardError.Line(line);

    public static void Notice(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            Notice(line);
        }
    }
}
