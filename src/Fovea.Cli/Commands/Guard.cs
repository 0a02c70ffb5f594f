using Fovea.Core.Errors;

namespace Fovea.Cli.Commands;

/// <summary>Runs a command's work: signals become cancellation, failures one line and an exit code.</summary>
internal static class Guard
{
    /// <summary>What an interrupted command with <c>--resume</c> says.</summary>
    public const string Resumable = "what is finished is saved; run the same command with --resume to continue";

    /// <summary>What an interrupted command that continues by itself says.</summary>
    public const string Continued = "what is finished is saved; run the same command again to continue";

    /// <summary>Runs <paramref name="work"/>, whose token is cancelled by the first signal (<see cref="Signals"/>).</summary>
    /// <param name="hint">The command to name in "See 'fovea ... --help'".</param>
    /// <param name="work">Gets the token.</param>
    /// <param name="interrupted">What to say after "interrupted"; null where there is nothing to continue.</param>
    public static async Task<int> RunAsync(string hint, Func<CancellationToken, Task> work, string? interrupted = null)
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
            return Failure.Report(e, hint);
        }
    }

    private static bool IsCancellation(Exception e) =>
        e is OperationCanceledException || (e is AggregateException many && many.Flatten().InnerExceptions.All(IsCancellation));

    /// <summary>The same for work that does not wait.</summary>
    public static Task<int> Run(string hint, Action<CancellationToken> work, string? interrupted = null) =>
        RunAsync(hint, stop => Task.Run(() => work(stop), CancellationToken.None), interrupted);
}
