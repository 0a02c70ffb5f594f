using System.Text.Json;
using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Files;
using Fovea.Models.Checkpoints;

namespace Fovea.Models.Configs;

/// <summary>
/// Lenient reading of another tool's JSON object: unknown keys are passed over, missing ones have defaults,
/// but a value of the wrong type or out of range is an error that names file, path, expectation and value.
/// </summary>
internal readonly struct ForeignJson(JsonElement element, string file, string path)
{
    /// <summary>No known model comes near; without a limit a false number would ask for a list of a billion tensors.</summary>
    public const int MostLayers = 1024;

    /// <summary>Most of a width, a vocabulary or a number of heads: products of three of them stay within 64 bits.</summary>
    public const int MostWide = 1 << 22;

    /// <summary>Most pixels of a side.</summary>
    public const int MostPixels = 1 << 14;

    private const long MaxFileBytes = 16 << 20;

    public string File => file;

    public static ForeignJson Read(string file, long maxBytes = MaxFileBytes)
    {
        var info = new FileInfo(file);
        if (!info.Exists)
        {
            throw new InvalidInputException(file, null, "not found; expected a model folder's JSON file");
        }

        if (info.Length > maxBytes)
        {
            throw new InvalidInputException(file, null, $"{info.Length} bytes; expected at most {maxBytes}");
        }

        try
        {
            var options = new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, AllowDuplicateProperties = false };
            using var document = JsonDocument.Parse(RegularFile.ReadAllBytes(file, RegularFile.MaxJson), options);
            CheckpointJson.CheckTexts(document.RootElement);
            var root = new ForeignJson(document.RootElement.Clone(), file, "");
            return root.IsObject ? root : throw root.Wrong("", "an object", document.RootElement);
        }
        catch (JsonException e)
        {
            throw new InvalidInputException(file, null, $"not JSON{(e.LineNumber is { } line ? $" (line {line + 1})" : "")}, or a key stands in it twice; expected an object", e);
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidInputException(file, null, "a text in it is not valid Unicode; expected UTF-8", e);
        }
    }

    public static ForeignJson From(JsonObject value, string file) =>
        new(JsonSerializer.SerializeToElement(value), file, "");

    private bool IsObject => element.ValueKind == JsonValueKind.Object;

    public bool Has(string key) => TryGet(key, out _);

    /// <summary>Whether the key stands there, even with null.</summary>
    public bool Mentions(string key) => element.TryGetProperty(key, out _);

    /// <summary>Whether the key holds <c>false</c>.</summary>
    public bool IsFalse(string key) => TryGet(key, out var value) && value.ValueKind == JsonValueKind.False;

    /// <summary>Whether the key holds an empty object or array.</summary>
    public bool IsEmpty(string key) => TryGet(key, out var value)
        && ((value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0)
            || (value.ValueKind == JsonValueKind.Object && !value.EnumerateObject().Any()));

    /// <summary>Whether the key holds a text.</summary>
    public bool IsText(string key) => TryGet(key, out var value) && value.ValueKind == JsonValueKind.String;

    public ForeignJson? Object(string key)
    {
        if (!TryGet(key, out var value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Object
            ? new ForeignJson(value, file, Join(key))
            : throw Wrong(key, "an object", value);
    }

    public IEnumerable<ForeignJson> Objects(string key)
    {
        if (!TryGet(key, out var value))
        {
            yield break;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw Wrong(key, "an array", value);
        }

        var index = 0;
        foreach (var item in value.EnumerateArray())
        {
            var place = $"{key}[{index++}]";
            yield return item.ValueKind == JsonValueKind.Object
                ? new ForeignJson(item, file, Join(place))
                : throw Wrong(place, "an object", item);
        }
    }

    public string Text(string key, string fallback) => OptionalText(key) ?? fallback;

    public string? OptionalText(string key) => !TryGet(key, out var value) ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(key, "a text", value);

    public string[] Texts(string key)
    {
        if (!TryGet(key, out var value))
        {
            return [];
        }

        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(v => v.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(v => v.GetString()!)]
            : throw Wrong(key, "an array of texts", value);
    }

    /// <summary>An integer or an array of them; empty where the key is missing.</summary>
    public int[] Integers(string key)
    {
        if (!TryGet(key, out var value))
        {
            return [];
        }

        var items = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().ToArray() : [value];
        return items.Length > 0 && items.All(v => v.ValueKind == JsonValueKind.Number && v.TryGetInt32(out _))
            ? [.. items.Select(v => v.GetInt32())]
            : throw Wrong(key, "an integer or an array of integers", value);
    }

    /// <summary>All keys.</summary>
    public IEnumerable<string> Keys() => element.EnumerateObject().Select(p => p.Name);

    /// <summary>Keys whose values are objects.</summary>
    public IEnumerable<string> ObjectKeys() => element.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.Object).Select(p => p.Name);

    /// <summary>A copy of the object as it stands, to be written back.</summary>
    public JsonObject ToObject() => JsonObject.Create(element)?.DeepClone().AsObject() ?? [];

    public bool Flag(string key, bool fallback) => !TryGet(key, out var value) ? fallback
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(key, "true or false", value);

    public int Integer(string key, int fallback, int least = 1, int most = MostWide) => OptionalInteger(key, least, most) ?? fallback;

    public int? OptionalInteger(string key, int least = int.MinValue, int most = int.MaxValue)
    {
        if (!TryGet(key, out var value))
        {
            return null;
        }

        // An end id may be a list; the first one ends a turn.
        var single = value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0 ? value[0] : value;
        return single.ValueKind == JsonValueKind.Number && single.TryGetInt32(out var number) && number >= least && number <= most
            ? number
            : throw Wrong(key, least == int.MinValue ? "an integer" : most == int.MaxValue ? $"an integer of at least {least}" : $"an integer from {least} to {most}", value);
    }

    /// <summary>One id or a list of them, none below 0; empty where the key is missing.</summary>
    public int[] Ids(string key)
    {
        if (!TryGet(key, out var value))
        {
            return [];
        }

        JsonElement[] all = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        return all.All(v => v.ValueKind == JsonValueKind.Number && v.TryGetInt32(out var id) && id >= 0)
            ? Array.ConvertAll(all, v => v.GetInt32())
            : throw Wrong(key, "an id or a list of ids", value);
    }

    public double Number(string key, double fallback) => !TryGet(key, out var value) ? fallback
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) && number >= 0
            ? number
            : throw Wrong(key, "a number of at least 0", value);

    public InvalidInputException Error(string key, string message) => new(file, null, $"{Join(key)}: {message}");

    private bool TryGet(string key, out JsonElement value) =>
        element.TryGetProperty(key, out value) && value.ValueKind != JsonValueKind.Null;

    private string Join(string key) => path.Length == 0 ? key : key.Length == 0 ? path : $"{path}.{key}";

    private InvalidInputException Wrong(string key, string expected, JsonElement got)
    {
        var raw = got.GetRawText();
        return new InvalidInputException(file, null, $"{Join(key)}: expected {expected}, got {CheckpointFile.Shorten(raw)}");
    }
}
