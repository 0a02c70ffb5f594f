using System.Runtime.InteropServices;
using Fovea.Core.Errors;
using Fovea.Torch;

namespace Fovea.Cli.Commands;

/// <summary>Runs a command's work: signals become cancellation, failures one line and an exit code.</summary>
internal static class Guard
{
    /// <summary>Runs <paramref name="work"/>, whose token is cancelled by SIGINT and SIGTERM.</summary>
    /// <param name="hint">The command to name in "See 'fovea ... --help'".</param>
    /// <param name="work">Gets the token.</param>
    /// <param name="interrupted">What to say behind "interrupted".</param>
    public static async Task<int> RunAsync(
        string hint, Func<CancellationToken, Task> work, string interrupted = "what is finished is saved, run again with --resume to go on")
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
            Console.Error.WriteLine($"fovea: interrupted; {interrupted}");
            return code;
        }
        catch (UsageException e)
        {
            Console.Error.WriteLine($"fovea: {e.Message}. See '{hint} --help'.");
            return ExitCodes.WrongUse;
        }
        catch (FoveaException e)
        {
            Console.Error.WriteLine($"fovea: {e.Message}");
            return ExitCodes.Failed;
        }
        catch (Exception e) when (AllocationFailure.Is(e))
        {
            Console.Error.WriteLine($"fovea: {AllocationFailure.ToError(e, hint, "free memory, or use a smaller model or a smaller batch").Message}");
            return ExitCodes.Failed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"fovea: {e.Message.ReplaceLineEndings(" ")}");
            return ExitCodes.Failed;
        }
        catch (Exception e) when (Environment.GetEnvironmentVariable("FOVEA_TRACE") is null)
        {
            Console.Error.WriteLine($"fovea: a fault of fovea's own: {e.GetType().Name}: {FirstLine(e.Message)} (FOVEA_TRACE=1 shows where; please report it)");
            return ExitCodes.Failed;
        }
    }

    // Native libraries append their stack to the message.
    private static string FirstLine(string message) => message.ReplaceLineEndings("\n").Split('\n')[0];

    /// <summary>The same for work that does not wait.</summary>
    public static Task<int> Run(string hint, Action<CancellationToken> work) =>
        RunAsync(hint, stop => Task.Run(() => work(stop), CancellationToken.None));
}
