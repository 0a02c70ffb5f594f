using Fovea.Cli.Terminal;

namespace Fovea.Cli.Commands;

/// <summary>Command lines that each command's help shows: <c>examples.txt</c>, where a command's name is followed by its lines, indented.</summary>
internal static class Examples
{
    private static readonly string[] Lines = BuiltInText.Read("examples").Split('\n');

    /// <summary>The examples of a command, by its whole name.</summary>
    public static IReadOnlyList<string> Of(string command) =>
        [.. Lines.SkipWhile(l => l != command).Skip(1).TakeWhile(l => l.StartsWith(' ')).Select(l => l.Trim())];
}
