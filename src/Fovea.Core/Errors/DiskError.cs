using System.Text.RegularExpressions;

namespace Fovea.Core.Errors;

/// <summary>What went wrong with a file or stream, in a user's words: .NET's own messages name neither the cause nor what to do.</summary>
public static partial class DiskError
{
    // Linux's numbers, which .NET keeps in HResult.
    private const int IoError = 5, TooManyFilesOfAll = 23, TooManyFiles = 24, NoSpace = 28, ReadOnly = 30, BrokenPipe = 32, Loop = 40, NotADirectory =
        20, IsADirectory = 21, QuotaExceeded = 122;

    private const string NoPermission = "no permission; change the permissions or give another path";

    /// <summary>One line: the path, what is the matter with it, what to do.</summary>
    /// <param name="error">An <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>; another kind keeps its message.</param>
    public static string InWords(Exception error)
    {
        var path = PathOf(error);
        return path is null ? WithoutPath(error) : $"{Quoted.Shorten(Aside().Replace(path, "$1"))}: {Cause(error, path)}";
    }

    /// <summary>The same without the path, for a line that begins with what was to be written.</summary>
    public static string Reason(Exception error) => PathOf(error) is { } path
        ? Cause(error, path) : error is UnauthorizedAccessException ? NoPermission : ByNumber(error);

    private static string Cause(Exception error, string path) => error switch
    {
        UnauthorizedAccessException when Directory.Exists(path) => "a folder that cannot be opened as asked; check its permissions, or give a file",
        UnauthorizedAccessException => NoPermission,
        DirectoryNotFoundException or FileNotFoundException => "not found, and cannot be created there; check the path",
        PathTooLongException => "the path is too long for the file system; give a shorter one",
        _ when error.Message.Contains("already exists", StringComparison.Ordinal) => "already exists and is a file; expected a folder, so give another path",
        _ when error.Message.Contains("being used by another process", StringComparison.Ordinal) =>
            "in use by another process; wait for it or give another path",
        _ => ByNumber(error),
    };

    private static string WithoutPath(Exception error) => error switch
    {
        UnauthorizedAccessException => "a file or stream cannot be read or written; is standard output or standard input closed?",
        _ when error.HResult == BrokenPipe => "the reader of the output has ended",
        IOException => $"reading or writing failed: {ByNumber(error)}",
        _ => error.Message.ReplaceLineEndings(" "),
    };

    private static string ByNumber(Exception error) => error.HResult switch
    {
        NoSpace or QuotaExceeded => "no space left on the device; make room and run the same command again",
        ReadOnly => "the file system is read-only; give another path",
        TooManyFiles or TooManyFilesOfAll => "too many open files; raise the limit (ulimit -n) and run the same command again",
        IoError => "the device reports an error in reading or writing; check the disk",
        NotADirectory => "a part of the path is a file; give another path",
        IsADirectory => "a folder; expected a file",
        Loop => "symbolic links that lead in a circle; give another path",
        _ => BareMessage(error.Message),
    };

    // The file-not-found kind carries the name; all others have it in the message, between quotes.
    private static string? PathOf(Exception error) =>
        error is FileNotFoundException { FileName: { Length: > 0 } name } ? name
        : QuotedPath().Match(error.Message) is { Success: true } match ? match.Groups["path"].Value
        : null;

    private static string BareMessage(string message)
    {
        var text = QuotedPath().Replace(message.ReplaceLineEndings(" "), "the file").TrimEnd('.', ' ', ':');
        return text.Length == 0 ? "cannot be read or written" : text;
    }

    [GeneratedRegex("'(?<path>.+)'", RegexOptions.Singleline)]
    private static partial Regex QuotedPath();

    // The neighbour that AtomicFile writes first: a user knows the file itself.
    [GeneratedRegex(@"(?<=^|/)\.([^/]+)\.\d+\.tmp$")]
    private static partial Regex Aside();
}
