using System.Runtime.CompilerServices;
using Fovea.Core.Errors;
using Fovea.Torch;

namespace Fovea.Cli.Commands;

/// <summary>A failure as one line on standard error and an exit code.</summary>
internal static class Failure
{
    /// <summary>Whether the failure has words of its own; anything else is a fault of Fovea's.</summary>
    public static bool IsForeseen(Exception e) => Words(e, "") is not null;

    /// <summary>Prints a failure and returns the exit code.</summary>
    /// <param name="e">What was thrown.</param>
    /// <param name="hint">The command whose help is named after wrong use.</param>
    public static int Report(Exception e, string hint) =>
        Say(Words(e, hint) ?? $"a fault of fovea's own: {e.GetType().Name}: {Quoted.Message(FirstLine(e.Message))} (FOVEA_TRACE=1 shows where; please report it)", e is UsageException ? ExitCodes.WrongUse : ExitCodes.Failed);

    /// <summary>Prints a line and returns the exit code; a closed or full standard error changes no exit code.</summary>
    /// <remarks>Needs no further library: that one cannot be loaded may be what is to be said.</remarks>
    public static int Say(string line, int code)
    {
        try
        {
            Console.Error.WriteLine($"fovea: {line}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nobody can be told.
        }

        return code;
    }

    private static string? Words(Exception e, string hint) => e switch
    {
        UsageException => $"{e.Message.TrimEnd('.')}. See '{hint} --help'.",
        FoveaException => e.Message,
        FileNotFoundException { FileName: { } name } when name.Contains("Version=", StringComparison.Ordinal) => CannotLoad(name.Split(',')[0]),
        FileLoadException or BadImageFormatException or DllNotFoundException or EntryPointNotFoundException => CannotLoad(FirstLine(e.Message)),
        TypeInitializationException { InnerException: { } inner } => Words(inner, hint) ?? CannotLoad(FirstLine(Innermost(inner).Message)),
        IOException or UnauthorizedAccessException => DiskError.InWords(e),
        _ => OfMemory(e),
    };

    // By itself: Fovea.Torch may be what cannot be loaded, and a method is compiled with all that it names.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string? OfMemory(Exception e) => AllocationFailure.Is(e)
        ? AllocationFailure.ToError(e, "this command", "free memory, or use a smaller model or a smaller batch").Message
        : null;

    private static string CannotLoad(string what) =>
        $"a library that Fovea needs cannot be loaded ({Quoted.Shorten(what)}); raise the limits on open files and memory (ulimit -n, ulimit -v), or install Fovea again";

    private static Exception Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e;

    // Native libraries append their stack to the message.
    private static string FirstLine(string message) => message.ReplaceLineEndings("\n").Split('\n')[0];
}
