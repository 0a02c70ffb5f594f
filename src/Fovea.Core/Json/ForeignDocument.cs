using Fovea.Core.Errors;
using Fovea.Core.Files;

namespace Fovea.Core.Json;

/// <summary>
/// Opens JSON that another tool wrote. What comes out is a value all of whose keys and texts can be read: UTF-8, no half of a surrogate
/// pair, no key twice in an object, nested at most <see cref="JsonText.MaxDepth"/> deep. JSON as Python's <c>json</c> reads it:
/// without comments and trailing commas.
/// </summary>
public static class ForeignDocument
{
    /// <summary>Most bytes of a file. The largest published <c>tokenizer.json</c> has 35 MB.</summary>
    public const long MostBytes = 128 << 20;

    /// <summary>Reads a file whole.</summary>
    /// <exception cref="InvalidInputException">It is missing, cannot be read, is too large, or is not such JSON; the message says what it looks
    /// like instead.</exception>
    public static JsonElement Open(string path, long maxBytes = MostBytes)
    {
        byte[] bytes;
        try
        {
            bytes = RegularFile.ReadAllBytes(path, maxBytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(path, null, e is FileNotFoundException or DirectoryNotFoundException
                ? "not found; expected a JSON file" : $"cannot be read: {e.Message}", e);
        }

        if (ForeignFormat.Describe(bytes) is { } instead)
        {
            throw new InvalidInputException(path, null, $"expected JSON, got {instead}");
        }

        using var document = Parse(bytes.AsMemory(bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0), path);
        return document.RootElement.Clone();
    }

    /// <summary>Parses the JSON of a file, or of a part of one.</summary>
    /// <param name="json">Bytes of known, bounded number.</param>
    /// <param name="file">The file, for messages.</param>
    /// <param name="part">What part of it, for messages; empty for the whole.</param>
    /// <param name="maxDepth">How deep it may be nested.</param>
    /// <exception cref="InvalidInputException">It is not such JSON.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> json, string file, string part = "", int maxDepth = JsonText.MaxDepth)
    {
        var prefix = part.Length == 0 ? "" : $"{part}: ";
        var document = JsonText.Parse(json, maxDepth, allowNotANumber: false, out var fault, e => new InvalidInputException(
            file, null, $"{prefix}not valid JSON{(e.LineNumber is { } line ? $" (line {line + 1})" : "")}: {JsonText.FirstSentence(e.Message)}", e));

        // A fault begins with its name, which lists of unusable records count by; of a whole file, the rest says enough.
        return document ?? throw new InvalidInputException(file, null,
            $"{prefix}not valid JSON: {fault![(fault!.IndexOf(": ", StringComparison.Ordinal) + 2)..]}");
    }
}
