using System.CommandLine;
using Fovea.Cli.Terminal;

namespace Fovea.Cli.Commands;

/// <summary>
/// <c>fovea completion bash|zsh|fish</c>: a script by which the shell completes commands, options and their values. Each script asks
/// the program itself, through the parser's [suggest] directive; where it knows nothing, the shell offers file names.
/// </summary>
internal static class CompletionCommand
{
    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        return new Command("completion", "Prints a shell's completion script: commands, options and their values.") { shell }
            .Runs((parsed, _) => Console.Out.Write(BuiltInText.Read($"completion.{parsed.GetValue(shell)}")));
    }
}
