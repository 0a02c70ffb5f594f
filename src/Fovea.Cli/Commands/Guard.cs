using System.Runtime.InteropServices;

namespace Fovea.Cli.Commands;

/// <summary>Runs a command's work: signals become cancellation, failures one line and an exit code.</summary>
internal static class Guard
{
    /// <summary>For commands that have <c>--resume</c>.</summary>
    public const string ContinuesWithResume = "what is finished is saved; run the same command with --resume to continue";

    /// <summary>For commands that continue by themselves.</summary>
    public const string ContinuesAgain = "what is finished is saved; run the same command again to continue";

    /// <summary>For commands that leave nothing behind.</summary>
    public const string NothingWritten = "nothing was written; run the same command again";

    /// <summary>Runs <paramref name="work"/>, whose token is cancelled by SIGINT and SIGTERM.</summary>
    /// <param name="hint">The command to name in "See 'fovea ... --help'".</param>
    /// <param name="work">Gets the token.</param>
    /// <param name="interrupted">What to say after "interrupted": one of the constants of this class.</param>
    public static async Task<int> RunAsync(string hint, Func<CancellationToken, Task> work, string interrupted)
    {
        using var stop = new CancellationTokenSource();
        var code = ExitCodes.Interrupted;
        void OnSignal(PosixSignalContext context)
        {
            context.Cancel = true;
            code = context.Signal == PosixSignal.SIGTERM ? ExitCodes.Terminated : ExitCodes.Interrupted;
            stop.Cancel();
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        try
        {
            await work(stop.Token);
            return ExitCodes.Done;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return Failure.Say($"interrupted; {interrupted}", code);
        }
        catch (Exception e) when (Failure.IsForeseen(e) || Environment.GetEnvironmentVariable("FOVEA_TRACE") is null)
        {
            return Failure.Report(e, hint);
        }
    }

    /// <summary>The same for work that does not wait.</summary>
    public static Task<int> Run(string hint, Action<CancellationToken> work, string interrupted = NothingWritten) =>
        RunAsync(hint, stop => Task.Run(() => work(stop), CancellationToken.None), interrupted);
}
