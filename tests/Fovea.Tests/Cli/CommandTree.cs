using System.CommandLine;
using System.CommandLine.Parsing;
using Fovea.Cli.Commands;

namespace Fovea.Tests.Cli;

/// <summary>The commands as a user finds them.</summary>
internal static class CommandTree
{
    public static RootCommand Root { get; } = FoveaCommand.Create();

    /// <summary>Every command that is not hidden, with its whole name.</summary>
    public static IReadOnlyDictionary<string, Command> All { get; } = Below("fovea", Root).ToDictionary(c => c.Path, c => c.Command);

    /// <summary>What is wrong with a line such as <c>fovea report runs/demo</c>; null where nothing is.</summary>
    public static string? Wrong(string line)
    {
        var words = CommandLineParser.SplitCommandLine(line.Split(" > ")[0]).ToArray();
        return WrongUse.Of(FoveaCommand.Parse(FoveaCommand.Create(), words[1..]));
    }

    public static string? Wrong(params string[] words) => WrongUse.Of(FoveaCommand.Parse(FoveaCommand.Create(), words));

    private static IEnumerable<(string Path, Command Command)> Below(string path, Command command) =>
        command.Subcommands.Where(c => !c.Hidden).SelectMany(c => Below($"{path} {c.Name}", c)).Prepend((path, command));
}
