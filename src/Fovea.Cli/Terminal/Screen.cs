using Spectre.Console;

namespace Fovea.Cli.Terminal;

/// <summary>
/// Where a command speaks: tables on standard output, progress and notices on standard error, so that a pipe gets results only.
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

    /// <summary>Standard output.</summary>
    public IAnsiConsole Results { get; }

    /// <summary>Standard error.</summary>
    public IAnsiConsole Notices { get; }

    /// <summary>Whether progress can be drawn in place.</summary>
    public bool IsInteractive => !Console.IsErrorRedirected && Notices.Profile.Capabilities.Interactive;

    /// <summary>Says one plain line on standard error.</summary>
    public static void Notice(string line) => Console.Error.WriteLine(line);

    /// <summary>A duration as people read it.</summary>
    public static string Duration(double seconds) =>
        seconds < 90 ? $"{seconds:0} s" : seconds < 5400 ? $"{seconds / 60:0} min" : $"{seconds / 3600:0.0} h";
}
