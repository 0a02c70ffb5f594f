using Fovea.Core.Json;

namespace Fovea.Data.Json;

/// <summary>A record of a JSON file: its value, or, where it has none that can be read, why.</summary>
/// <param name="Index">Which, from 0.</param>
/// <param name="Element">Its value, until the next record is asked for.</param>
/// <param name="Fault">What is wrong with it alone, as "name: explanation"; null for a record that can be read.</param>
internal readonly record struct JsonRecord(int Index, JsonElement Element, string? Fault)
{
    /// <summary>Its value, to be read field by field.</summary>
    /// <param name="file">The file, for messages.</param>
    /// <param name="place">What the record is called in messages, if that is not clear by itself.</param>
    /// <exception cref="InvalidInputException">It cannot be read.</exception>
    public ForeignJson Open(string file, string place = "") =>
        Fault is null ? ForeignJson.OfRecord(file, Index, Element, place) : throw new InvalidInputException(file, Index, Fault);
}

/// <summary>
/// Reads records one after another from a JSON list, from JSON Lines (any values one after another), or from a list that is a
/// member of one object. A record that breaks a limit, is not valid Unicode or repeats a key is that record's fault; what is no JSON at all is the file's.
/// </summary>
internal static class JsonRecords
{
    /// <summary>Bytes of the largest record that is read: far above any conversation, and small enough to be tokenized in seconds.</summary>
    public const int LargestRecord = 8 << 20;

    /// <summary>The records of a list or of JSON Lines.</summary>
    /// <exception cref="InvalidInputException">The file cannot be read, is no JSON, or is cut short.</exception>
    public static IEnumerable<JsonRecord> Read(string path) => Read(JsonScanner.Open(path));

    /// <summary>The same of a file's content that is held in memory, such as what was packed in it.</summary>
    /// <inheritdoc cref="Read(string)"/>
    public static IEnumerable<JsonRecord> Read(string path, byte[] content) => Read(new JsonScanner(path, new MemoryStream(content, writable: false)));

    private static IEnumerable<JsonRecord> Read(JsonScanner walk)
    {
        using var scanner = walk;
        scanner.Record = 0;
        switch (scanner.Peek())
        {
            case -1:
                throw scanner.CutShort();
            case '[':
                foreach (var record in List(scanner))
                {
                    yield return record;
                }

                End(scanner);
                break;
            default:
                for (var index = 0; scanner.Peek() >= 0; index++)
                {
                    scanner.Record = index;
                    using var document = Next(scanner, out var fault);
                    yield return new JsonRecord(index, document?.RootElement ?? default, fault);
                }

                break;
        }
    }

    /// <summary>The records of the list <paramref name="key"/> in the one object that the file holds.</summary>
    /// <exception cref="InvalidInputException">The file cannot be read, is no such object, or is cut short.</exception>
    public static IEnumerable<JsonRecord> ReadMember(string path, string key) => ReadMembers(path, key).Select(m => m.Record);

    /// <summary>The records of several lists in the one object that the file holds, in one pass: in the order of the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="keys">The lists; each must be there.</param>
    /// <exception cref="InvalidInputException">The file cannot be read, is no such object, or is cut short.</exception>
    public static IEnumerable<(string Key, JsonRecord Record)> ReadMembers(string path, params string[] keys)
    {
        using var scanner = JsonScanner.Open(path);
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in Members(scanner))
        {
            if (!keys.Contains(name))
            {
                scanner.Value(keep: 0);
                continue;
            }

            if (!found.Add(name))
            {
                throw new InvalidInputException(path, null, $"the key \"{name}\" is given twice; keep one");
            }

            foreach (var record in List(scanner))
            {
                yield return (name, record);
            }

            scanner.Record = null;
        }

        End(scanner);
        if (Array.Find(keys, k => !found.Contains(k)) is { } missing)
        {
            throw new InvalidInputException(path, null, $"the key \"{missing}\" is missing");
        }
    }

    /// <summary>
    /// The keys of the object that the file begins with; empty if it begins with something else. A file that breaks off or is no JSON
    /// gives those before the break. The rest is not looked at once all <paramref name="enough"/> are found and the object is larger than a record may be.
    /// </summary>
    public static IReadOnlyList<string> FirstKeys(string path, params string[] enough)
    {
        var (keys, seen) = (new List<string>(), 0L);
        try
        {
            using var scanner = JsonScanner.Open(path);
            if (scanner.Peek() == '{')
            {
                foreach (var name in Members(scanner))
                {
                    keys.Add(name);
                    if (seen > LargestRecord && enough.All(keys.Contains))
                    {
                        break;
                    }

                    seen += scanner.Value(keep: 0).Length;
                }
            }
        }
        catch (InvalidInputException)
        {
            // Whoever reads the file's records says what is wrong with it.
        }

        return keys;
    }

    /// <summary>The keys of the object that begins here; before the next one is asked for, its value must be consumed.</summary>
    private static IEnumerable<string> Members(JsonScanner scanner)
    {
        scanner.Take('{');
        for (var isFirst = true; scanner.Peek() != '}'; isFirst = false)
        {
            if (!isFirst)
            {
                scanner.Take(',');
            }

            var name = Name(scanner);
            scanner.Take(':');
            yield return name;
        }

        scanner.Take('}');
    }

    private static string Name(JsonScanner scanner)
    {
        if (scanner.Peek() != '"')
        {
            throw scanner.Peek() < 0 ? scanner.CutShort() : scanner.NotJson("expected a key in quotation marks");
        }

        var text = scanner.Value(LargestRecord).Text;
        using var document = JsonText.Parse(text, JsonText.MaxDepth, allowNotANumber: true, out _, e => scanner.NotJson(e.Message, e));
        return document?.RootElement.GetString() ?? "";
    }

    private static IEnumerable<JsonRecord> List(JsonScanner scanner)
    {
        scanner.Take('[');
        for (var index = 0; index > 0 || scanner.Peek() != ']'; index++)
        {
            scanner.Record = index;
            using (var document = Next(scanner, out var fault))
            {
                yield return new JsonRecord(index, document?.RootElement ?? default, fault);
            }

            if (scanner.Peek() == ']')
            {
                break;
            }

            scanner.Take(',');
        }

        scanner.Take(']');
    }

    private static void End(JsonScanner scanner)
    {
        if (scanner.Peek() >= 0)
        {
            throw scanner.NotJson("more data follows the end; expected one list, or one record per line");
        }
    }

    private static JsonDocument? Next(JsonScanner scanner, out string? fault)
    {
        var extent = scanner.Value(LargestRecord);
        if (extent.Length > LargestRecord)
        {
            fault = $"too_large: expected a record of at most {LargestRecord} bytes, got {extent.Length}";
            return null;
        }

        if (extent.Depth > JsonText.MaxDepth)
        {
            fault = $"too_deep: expected lists and objects nested at most {JsonText.MaxDepth} deep, got {extent.Depth}";
            return null;
        }

        return JsonText.Parse(extent.Text, JsonText.MaxDepth, allowNotANumber: true, out fault, e => scanner.NotJson(
            $"{(e.LineNumber is { } line ? $"near line {line + 1}, byte {e.BytePositionInLine + 1} of the record: " : "")}{JsonText.FirstSentence(e.Message)}",
                e));
    }
}
