using Fovea.Cli.Terminal;

namespace Fovea.Cli.Commands;

/// <summary>A failure as one line on standard error and an exit code.</summary>
internal static class Failure
{
    /// <summary>Prints a failure and returns the exit code.</summary>
    /// <param name="e">What was thrown.</param>
    /// <param name="hint">The command whose help is named after wrong use.</param>
    public static int Report(Exception e, string hint) => e is UsageException
        ? Print($"{e.Message.TrimEnd('.')}. See '{hint} --help'.", ExitCodes.WrongUse)
        : Print(FailureLine.Of(e, "this command", "free memory, or use a smaller model or a smaller batch"), ExitCodes.Failed);

    /// <summary>Prints a line and returns the exit code; a closed or full standard error changes no exit code.</summary>
    public static int Print(string line, int code)
    {
        StandardError.Line($"fovea: {line}");
        return code;
    }
}
