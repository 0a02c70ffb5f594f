namespace Fovea.Core.Errors;

/// <summary>
/// A failure a person can act on. Its message is one line: what, where (file, record), expected, got, what to do.
/// The command line prints it as it is and exits with 1.
/// </summary>
public class FoveaException : Exception
{
    /// <summary>Makes an error from its one line.</summary>
    public FoveaException(string message, Exception? inner = null) : base(OneLine(message), inner) { }

    /// <summary>Control characters come from bad input, and a terminal would obey them.</summary>
    private protected static string OneLine(string message) =>
        Quoted.Message(string.Concat(message.ReplaceLineEndings(" ").Trim().Select(c => char.IsControl(c) ? '?' : c)));
}

/// <summary>Bad input data, with the file and, where there is one, the record (counted from 0).</summary>
public sealed class InvalidInputException : FoveaException
{
    /// <summary>Makes the error "<paramref name="file"/>, record N: message".</summary>
    public InvalidInputException(string file, int? record, string message, Exception? inner = null)
        : base(record is { } r ? $"{file}, record {r}: {message}" : $"{file}: {message}", inner)
    {
        File = file;
        Record = record;
        Reason = OneLine(message);
    }

    /// <summary>The file at fault.</summary>
    public string File { get; }

    /// <summary>The record at fault, counted from 0; null if the file as a whole is.</summary>
    public int? Record { get; }

    /// <summary>What is wrong, as one line without file and record: however long their names are, it begins as it was given.</summary>
    public string Reason { get; }
}

/// <summary>Wrong use of the command line: exit code 2 and a hint at <c>--help</c>.</summary>
public sealed class UsageException(string message) : FoveaException(message);
