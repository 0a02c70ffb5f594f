using System.Text.Json;
using Fovea.Core.Errors;
using Fovea.Core.Files;
using Fovea.Core.Json;

namespace Fovea.Data.Json;

/// <summary>Reads fields of foreign JSON: what is missing or of the wrong type is one line that names file, record, place, expected and got.</summary>
internal sealed class JsonFields(string file, int? record, JsonElement element, string place, KeyLedger? ledger = null)
{
    // The largest published tokenizer.json has 35 MB.
    private const long LargestConfiguration = 128 << 20;

    public JsonElement Element => element;

    public string Place => place;

    /// <summary>
    /// Reads a foreign configuration whose root is an object, and refuses every key that <paramref name="read"/> has neither read nor declared inert
    /// (<see cref="KeyLedger"/>). What is read lazily must be read to its end there.
    /// </summary>
    /// <exception cref="InvalidInputException">Not such a file, or a key of it is not known.</exception>
    public static T ReadFile<T>(string path, Func<JsonFields, T> read)
    {
        var ledger = new KeyLedger(path);
        var root = Open(path, new JsonDocumentOptions { MaxDepth = 64, AllowDuplicateProperties = false }, ledger, LargestConfiguration);
        var result = read(root);
        ledger.RejectOthers(root.Element);
        return result;
    }

    /// <summary>Opens a JSON file whose root is an object, for its data or for a look at single keys: nothing is refused.</summary>
    public static JsonFields OpenFile(string path, long maxBytes = RegularFile.MaxJson) => Open(path, new JsonDocumentOptions { MaxDepth = 64 }, null, maxBytes);

    /// <summary>Declares keys of this object that change nothing.</summary>
    public void Allow(InertKeys keys) => ledger?.Allow(place, keys);

    private static JsonFields Open(string path, JsonDocumentOptions options, KeyLedger? ledger, long maxBytes)
    {
        try
        {
            var bytes = RegularFile.ReadAllBytes(path, maxBytes);
            if (WrongContent.Describe(bytes.AsSpan(0, Math.Min(bytes.Length, 64))) is { } instead)
            {
                throw new InvalidInputException(path, null, instead);
            }

            using var document = JsonDocument.Parse(bytes.AsMemory(), options);
            return new JsonFields(path, null, document.RootElement.Clone(), "", ledger).Require(JsonValueKind.Object);
        }
        catch (JsonException e)
        {
            throw new InvalidInputException(path, null, $"not valid JSON (line {e.LineNumber + 1}): {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(path, null, $"cannot be read: {e.Message}", e);
        }
    }

    /// <summary>A record of a corpus, which <paramref name="place"/> names if it is not clear by itself.</summary>
    /// <exception cref="InvalidInputException">The record cannot be read.</exception>
    public static JsonFields OfRecord(string file, JsonRecord record, string place = "") =>
        record.Fault is { } fault ? throw new InvalidInputException(file, record.Index, fault) : new JsonFields(file, record.Index, record.Element, place);

    /// <summary>An error at this place.</summary>
    public InvalidInputException Error(string message) => new(file, record, place.Length == 0 ? message : $"{place}: {message}");

    public InvalidInputException Expected(string what) => Error($"expected {what}, got {Describe(element)}");

    public JsonFields Require(JsonValueKind kind) => element.ValueKind == kind && !RecordText.IsNotANumber(element) ? this : throw Expected(Name(kind));

    /// <summary>A field, or null where it is absent or null.</summary>
    public JsonFields? Optional(string name)
    {
        Require(JsonValueKind.Object);
        ledger?.Read(place, name);
        return Find(name) is { ValueKind: not JsonValueKind.Null } value ? new JsonFields(file, record, value, Below(name), ledger) : null;
    }

    /// <summary>Whether the key is null, which some keys take for another value than the one they have where they are absent.</summary>
    public bool IsNull(string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Null;

    public JsonFields Field(string name) => Optional(name)
        ?? throw Error(Find(name) is not null ? $"\"{name}\": expected a value, got null" : $"the key \"{name}\" is missing");

    /// <summary>Names of all fields, as they are written; of what is no object, none.</summary>
    public IEnumerable<string> Keys() => element.ValueKind == JsonValueKind.Object ? element.EnumerateObject().Select(m => m.Name) : [];

    public IEnumerable<JsonFields> Items()
    {
        Require(JsonValueKind.Array);
        return element.EnumerateArray().Select((item, i) => new JsonFields(file, record, item, $"{place}[{i}]", ledger));
    }

    public string Text()
    {
        Require(JsonValueKind.String);
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Error("not_unicode: expected a text, got one that is not valid Unicode (half of a surrogate pair)");
        }
    }

    public bool Flag() => element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Expected("true or false"),
    };

    public int Integer() => element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var value) ? value : throw Expected("a whole number");

    public double Number() => element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out var value) && double.IsFinite(value) ? value : throw Expected("a number");

    private JsonElement? Find(string name)
    {
        try
        {
            return element.TryGetProperty(name, out var value) ? value : null;
        }
        catch (InvalidOperationException)
        {
            throw Error("not_unicode: a key is not valid Unicode (half of a surrogate pair)");
        }
    }

    private string Below(string name) => place.Length == 0 ? name : $"{place}.{name}";

    private static string Describe(JsonElement value)
    {
        if (RecordText.IsNotANumber(value))
        {
            return RecordText.NotANumberKey;
        }

        if (value.ValueKind is JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.Null)
        {
            return Name(value.ValueKind);
        }

        var raw = value.GetRawText();
        return $"{Name(value.ValueKind)} ({(raw.Length > 40 ? raw[..40] + "..." : raw)})";
    }

    private static string Name(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "null",
    };
}
