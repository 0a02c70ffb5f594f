using System.CommandLine;

namespace Fovea.Cli.Commands;

/// <summary>What a command does: signals become cancellation, failures one line and an exit code.</summary>
internal static class CommandWork
{
    private const string Saved = "what is finished is saved; run the same command ";

    /// <summary>What an interrupted command says that continues by itself.</summary>
    public const string Continued = Saved + "again to continue";

    public static Command With(this Command command, IEnumerable<Option> options)
    {
        foreach (var option in options)
        {
            command.Add(option);
        }

        return command;
    }

    /// <summary>Has a command do <paramref name="work"/>, whose token is cancelled by the first signal (<see cref="Signals"/>).</summary>
    /// <param name="command">The command.</param>
    /// <param name="work">Gets what was parsed, and the token.</param>
    /// <param name="interrupted">What to say after "interrupted"; null where there is nothing to continue, or <c>--resume</c> continues it.</param>
    public static Command Runs(this Command command, Action<ParseResult, CancellationToken> work, string? interrupted = null) =>
        command.RunsAsync((parsed, stop) => Task.Run(() => work(parsed, stop), CancellationToken.None), interrupted);

    /// <summary>The same for work that waits.</summary>
    public static Command RunsAsync(this Command command, Func<ParseResult, CancellationToken, Task> work, string? interrupted = null)
    {
        command.SetAction((parsed, _) => RunAsync(
            FoveaCommand.PathOf(parsed.CommandResult), stop => work(parsed, stop), interrupted
                ?? (command.Options.Any(o => o.Name == "--resume") ? Saved + "with --resume to continue" : null)));
        return command;
    }

    private static async Task<int> RunAsync(string name, Func<CancellationToken, Task> work, string? interrupted)
    {
        var signals = Signals.OfProcess;
        signals.SetMessage($"fovea: interrupted{(interrupted is null ? "" : $"; {interrupted}")}");
        try
        {
            await work(signals.Stop);
            return ExitCodes.Done;
        }
        catch (Exception e) when (signals.Stop.IsCancellationRequested && IsCancellation(e))
        {
            signals.PrintMessage();
            return signals.ExitCode;
        }
        catch (Exception e) when (FailureLine.IsForeseen(e) || !FailureLine.IsTraced)
        {
            return Failure.Report(e, name);
        }
    }

    private static bool IsCancellation(Exception e) =>
        e is OperationCanceledException || (e is AggregateException many && many.Flatten().InnerExceptions.All(IsCancellation));
}
