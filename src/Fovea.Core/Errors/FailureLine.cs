namespace Fovea.Core.Errors;

/// <summary>Any failure as one line for a person: the one table of them, for the command line and for workers.</summary>
public static class FailureLine
{
    /// <summary>Set, it lets a fault of Fovea's own show where it happened.</summary>
    public static bool IsTraced => Environment.GetEnvironmentVariable("FOVEA_TRACE") is not null;

    /// <summary>The failure in words, whatever it is.</summary>
    /// <param name="e">What was thrown.</param>
    /// <param name="what">What was being done, for a lack of memory.</param>
    /// <param name="advice">What to do about one.</param>
    public static string Of(Exception e, string what, string advice) =>
        Foreseen(e, what, advice) ?? $"a fault of fovea's own: {e.GetType().Name}: {Quoted.Message(AllocationFailure.FirstLine(e.Message))} (FOVEA_TRACE=1 "
            + $"shows where; please report it)";

    /// <summary>Whether the failure has words of its own; anything else is a fault of Fovea's.</summary>
    public static bool IsForeseen(Exception e) => Foreseen(e, "", "") is not null;

    private static string? Foreseen(Exception e, string what, string advice) => e switch
    {
        FoveaException => e.Message,
        FileNotFoundException { FileName: { } name } when name.Contains("Version=", StringComparison.Ordinal) => CannotLoad(name.Split(',')[0]),
        FileLoadException or BadImageFormatException or DllNotFoundException or EntryPointNotFoundException =>
            CannotLoad(AllocationFailure.FirstLine(e.Message)),
        TypeInitializationException { InnerException: { } inner } =>
            Foreseen(inner, what, advice) ?? CannotLoad(AllocationFailure.FirstLine(Innermost(inner).Message)),
        IOException or UnauthorizedAccessException => DiskError.InWords(e),
        _ when AllocationFailure.Is(e) => AllocationFailure.ToError(e, what, advice).Message,
        _ => null,
    };

    private static string CannotLoad(string what) =>
        $"a library that Fovea needs cannot be loaded ({Quoted.Shorten(what)}); raise the limits on open files and memory (ulimit -n, ulimit -v), or "
            + $"install Fovea again";

    private static Exception Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e;
}
