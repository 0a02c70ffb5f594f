using System.Text;
using System.Text.Unicode;
using Fovea.Core.Errors;

namespace Fovea.Core.Json;

/// <summary>The bytes of a value as JSON, or the rule that they break.</summary>
public static class JsonText
{
    /// <summary>How deep lists and objects may be nested.</summary>
    public const int MaxDepth = 64;

    /// <summary>
    /// What a bare <c>NaN</c>, <c>Infinity</c> or <c>-Infinity</c> (Python's json writes them, JSON has none) is read as: an
    /// object with this one key, which no key that is read may hold.
    /// </summary>
    internal const string NotANumberKey = "NaN or Infinity, which JSON does not have";

    private static readonly byte[] NotANumber = Encoding.UTF8.GetBytes($"{{\"{NotANumberKey}\":0}}");

    /// <summary>Parses a whole value.</summary>
    /// <param name="text">Its bytes.</param>
    /// <param name="maxDepth">How deep it may be nested.</param>
    /// <param name="allowNotANumber">Whether NaN and Infinity are faults only where they are read.</param>
    /// <param name="fault">What is wrong with it, as "name: explanation"; then nothing is returned.</param>
    /// <param name="notJson">The error for what is no JSON.</param>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> text, int maxDepth, bool allowNotANumber, out string? fault,
        Func<JsonException, InvalidInputException> notJson)
    {
        fault = FirstNotUtf8(text.Span) is { } at
            ? $"not_utf8: byte 0x{text.Span[at]:X2} is not UTF-8 (looks like Latin-1 or Windows-1252); convert the file to UTF-8"
            : HalfSurrogate(text.Span) is { } half ? $"not_unicode: {half} is half of a surrogate pair, which is not valid Unicode"
            : null;
        if (fault is not null)
        {
            return null;
        }

        JsonDocument document;
        try
        {
            return JsonDocument.Parse(text, Options(maxDepth, allowRepeated: false));
        }
        catch (JsonException e)
        {
            document = ParseLeniently(text, maxDepth) ?? throw notJson(e);
        }

        fault = FirstRepeated(document.RootElement) is { } key ? $"duplicate_key: the key \"{key}\" is given twice; keep one"
            : allowNotANumber ? null : $"not_a_number: it holds {NotANumberKey}";
        if (fault is null)
        {
            return document;
        }

        document.Dispose();
        return null;
    }

    /// <summary>A parser's message without the place that .NET appends to it.</summary>
    public static string FirstSentence(string message)
    {
        var end = message.IndexOf(". ", StringComparison.Ordinal);
        return (end < 0 ? message : message[..end]).TrimEnd('.');
    }

    /// <summary>Whether a value is what a bare NaN or Infinity was read as.</summary>
    internal static bool IsNotANumber(JsonElement element) => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(NotANumberKey, out _);

    /// <summary>With repeated keys, and with NaN and Infinity replaced; null if it is no JSON even so.</summary>
    private static JsonDocument? ParseLeniently(ReadOnlyMemory<byte> text, int maxDepth)
    {
        try
        {
            return JsonDocument.Parse(WithoutNotANumber(text), Options(maxDepth, allowRepeated: true));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static JsonDocumentOptions Options(int maxDepth, bool allowRepeated) => new() { MaxDepth = maxDepth + 1, AllowDuplicateProperties = allowRepeated };

    private static int? FirstNotUtf8(ReadOnlySpan<byte> text)
    {
        if (Utf8.IsValid(text))
        {
            return null;
        }

        var at = 0;
        while (Rune.DecodeFromUtf8(text[at..], out _, out var length) == System.Buffers.OperationStatus.Done)
        {
            at += length;
        }

        return at;
    }

    /// <summary>The first escape such as <c>\ud83d</c> that has no partner; null if there is none.</summary>
    private static string? HalfSurrogate(ReadOnlySpan<byte> text)
    {
        for (var at = 0; text[at..].IndexOf((byte)'\\') is >= 0 and var next;)
        {
            at += next;
            if (Escaped(text, at) is not { } unit)
            {
                at = Math.Min(at + 2, text.Length);
                continue;
            }

            if (char.IsLowSurrogate(unit) || (char.IsHighSurrogate(unit) && !(Escaped(text, at + 6) is { } low && char.IsLowSurrogate(low))))
            {
                return $"\\u{(int)unit:x4}";
            }

            at += char.IsHighSurrogate(unit) ? 12 : 6;
        }

        return null;
    }

    /// <summary>The UTF-16 unit that an escape at <paramref name="at"/> stands for; null if there is no such escape.</summary>
    private static char? Escaped(ReadOnlySpan<byte> text, int at) =>
        at + 6 <= text.Length && text[at] == '\\' && text[at + 1] == 'u'
        && System.Buffers.Text.Utf8Parser.TryParse(text.Slice(at + 2, 4), out ushort unit, out var used, 'x') && used == 4 ? (char)unit : null;

    private static ReadOnlyMemory<byte> WithoutNotANumber(ReadOnlyMemory<byte> memory)
    {
        var text = memory.Span;
        using var copy = new MemoryStream(text.Length);
        var inText = false;
        for (var at = 0; at < text.Length; at++)
        {
            var found = inText ? 0 : LengthOfNotANumber(text[at..]);
            if (found > 0)
            {
                copy.Write(NotANumber);
                at += found - 1;
                continue;
            }

            inText ^= text[at] == '"';
            copy.WriteByte(text[at]);
            if (inText && text[at] == '\\' && at + 1 < text.Length)
            {
                copy.WriteByte(text[++at]);
            }
        }

        return copy.ToArray();
    }

    private static int LengthOfNotANumber(ReadOnlySpan<byte> text) =>
        text.StartsWith("NaN"u8) ? 3 : text.StartsWith("Infinity"u8) ? 8 : text.StartsWith("-Infinity"u8) ? 9 : 0;

    private static string? FirstRepeated(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Array:
                return element.EnumerateArray().Select(FirstRepeated).FirstOrDefault(k => k is not null);
            case JsonValueKind.Object:
                var seen = new HashSet<string>(StringComparer.Ordinal);
                foreach (var member in element.EnumerateObject())
                {
                    if (!seen.Add(member.Name))
                    {
                        return member.Name;
                    }

                    if (FirstRepeated(member.Value) is { } inner)
                    {
                        return inner;
                    }
                }

                return null;
            default:
                return null;
        }
    }
}
