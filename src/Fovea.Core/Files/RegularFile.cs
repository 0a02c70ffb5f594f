using System.Text;
using Fovea.Core.Errors;

namespace Fovea.Core.Files;

/// <summary>
/// Opens files that a user names: regular files only, of a stated size at most, known before they are opened. A pipe would wait
/// for ever and a device never ends. What is missing or may not be read is the caller's to word: it is thrown as .NET throws it.
/// </summary>
public static class RegularFile
{
    /// <summary>Most bytes of a configuration, a manifest or a template: read whole and parsed.</summary>
    public const long MaxJson = 256L << 20;

    /// <summary>Most bytes of a file of a tokenizer.</summary>
    public const long MaxTokenizer = 512L << 20;

    /// <summary>Most bytes of an encoded image: the pixels that may be claimed, stored plainly with alpha.</summary>
    public const long MaxImage = 768L << 20;

    /// <summary>Most bytes of a corpus that is read record by record, of weights of a corpus, and of lines that fovea wrote.</summary>
    public const long MaxCorpus = 64L << 30;

    /// <summary>Most bytes of a file that is read whole.</summary>
    public const long MaxWhole = int.MaxValue - 64;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="InvalidInputException">It is not a regular file, or larger than <paramref name="maxBytes"/>.</exception>
    public static FileStream Open(string path, long maxBytes, int bufferSize = 1 << 12)
    {
        Check(path, maxBytes);
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize);
    }

    /// <summary>All its bytes.</summary>
    /// <inheritdoc cref="Open"/>
    public static byte[] ReadAllBytes(string path, long maxBytes)
    {
        Check(path, Math.Min(maxBytes, MaxWhole));
        return File.ReadAllBytes(path);
    }

    /// <summary>Its text, in UTF-8 or in what a byte order mark says.</summary>
    /// <inheritdoc cref="Open"/>
    /// <exception cref="InvalidInputException">Its bytes are no text in that encoding.</exception>
    public static string ReadAllText(string path, long maxBytes)
    {
        Check(path, Math.Min(maxBytes, MaxWhole));
        try
        {
            return File.ReadAllText(path, Strict);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidInputException(path, null, "not UTF-8; convert it, e.g. iconv -f LATIN1 -t UTF-8 FILE > NEW", e);
        }
    }

    /// <summary>Its lines, one by one.</summary>
    /// <inheritdoc cref="Open"/>
    public static IEnumerable<string> ReadLines(string path, long maxBytes)
    {
        Check(path, maxBytes);
        return File.ReadLines(path);
    }

    /// <summary>Refuses what is there and is not a regular file of at most <paramref name="maxBytes"/> bytes.</summary>
    /// <inheritdoc cref="Open"/>
    public static void Check(string path, long maxBytes = long.MaxValue)
    {
        if (FileStatus.Of(path) is not { } status)
        {
            return;
        }

        if (!status.IsRegular)
        {
            throw new InvalidInputException(path, null, $"expected a regular file, got {status.Kind}");
        }

        if (status.Length > maxBytes)
        {
            throw new InvalidInputException(path, null, $"expected at most {maxBytes} bytes, got a file of {status.Length}");
        }
    }
}
