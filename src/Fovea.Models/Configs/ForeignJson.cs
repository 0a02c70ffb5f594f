using System.Text.Json;
using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Files;
using Fovea.Core.Json;
using Fovea.Models.Checkpoints;

namespace Fovea.Models.Configs;

/// <summary>
/// Reading of another tool's JSON object by keys that are known: missing ones and null have defaults, a value of the wrong type or out of range is an error that names
/// file, path, expectation and value, and so is every key that was neither read nor declared inert (<see cref="KeyLedger"/>).
/// </summary>
internal readonly partial struct ForeignJson(JsonElement element, string file, string path, KeyLedger ledger)
{
    /// <summary>No known model comes near; without a limit a false number would ask for a list of a billion tensors.</summary>
    public const int MostLayers = 1024;

    /// <summary>Most of a width, a vocabulary or a number of heads: products of three of them stay within 64 bits.</summary>
    public const int MostWide = 1 << 22;

    /// <summary>Most pixels of a side.</summary>
    public const int MostPixels = 1 << 14;

    private const long MaxFileBytes = 16 << 20;

    public string File => file;

    /// <summary>Reads a file and refuses what <paramref name="read"/> has left unread in it.</summary>
    /// <param name="file">The file.</param>
    /// <param name="read">Makes the result; is disposed of where a key is refused.</param>
    /// <exception cref="InvalidInputException">Not such a file, or a key of it is not known.</exception>
    public static T Read<T>(string file, Func<ForeignJson, T> read)
    {
        var json = Peek(file);
        var result = read(json);
        try
        {
            json.RejectOthers();
            return result;
        }
        catch
        {
            (result as IDisposable)?.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file for a look at single keys, whose whole reader is elsewhere: nothing is refused.</summary>
    public static ForeignJson Peek(string file, long maxBytes = MaxFileBytes)
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

        byte[] bytes;
        try
        {
            bytes = RegularFile.ReadAllBytes(file, maxBytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(file, null, $"cannot be read: {e.Message}", e);
        }

        if (WrongContent.Describe(bytes.AsSpan(0, Math.Min(bytes.Length, 64))) is { } instead)
        {
            throw new InvalidInputException(file, null, instead);
        }

        try
        {
            var options = new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, AllowDuplicateProperties = false };
            using var document = JsonDocument.Parse(bytes, options);
            CheckpointJson.CheckTexts(document.RootElement);
            var root = new ForeignJson(document.RootElement.Clone(), file, "", new KeyLedger(file));
            return root.IsObject ? root : throw root.Wrong("", "an object", document.RootElement);
        }
        catch (JsonException e)
        {
            throw new InvalidInputException(file, null, $"not JSON{(e.LineNumber is { } line ? $" (line {line + 1})" : "")}, or a key appears in it twice; expected an object", e);
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidInputException(file, null, "a text in it is not valid Unicode; expected UTF-8", e);
        }
    }

    /// <summary>Declares keys of this object that change nothing.</summary>
    public void Allow(params ReadOnlySpan<InertKeys> lists)
    {
        foreach (var keys in lists)
        {
            ledger.Allow(path, keys);
        }
    }

    /// <summary>Refuses quantised weights, wherever below here the configuration speaks of them.</summary>
    /// <exception cref="InvalidInputException">It does.</exception>
    public void RefuseQuantised()
    {
        foreach (var property in element.EnumerateObject())
        {
            if (property.Name is "quantization_config" or "compression_config" or "quantization" && property.Value.ValueKind != JsonValueKind.Null)
            {
                throw Error(property.Name, "quantised weights are not supported; expected float32, float16 or bfloat16 weights");
            }

            if (property.Value.ValueKind == JsonValueKind.Object)
            {
                new ForeignJson(property.Value, file, Join(property.Name), ledger).RefuseQuantised();
            }
        }
    }

    private bool IsObject => element.ValueKind == JsonValueKind.Object;

    /// <summary>Whether the key has a value; null is none. It does not count as read: whoever obeys it reads the value.</summary>
    public bool Has(string key) => element.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>Whether the key is null, which some keys take for another value than the one they have where they are absent.</summary>
    public bool IsNull(string key) => element.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Null;

    /// <summary>Whether the key holds a text.</summary>
    public bool IsText(string key) => element.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String;

    /// <summary>Whether two keys have one value, number by number.</summary>
    public bool AreEqual(string key, string other) => TryGet(key, out var x) && TryGet(other, out var y) && JsonElement.DeepEquals(x, y);

    /// <summary>Whether a key has the same value in another object, or none here.</summary>
    public bool Agrees(ForeignJson other, string key) => !TryGet(key, out var x) || (other.TryGet(key, out var y) && JsonElement.DeepEquals(x, y));

    public ForeignJson? Object(string key)
    {
        if (!TryGet(key, out var value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Object
            ? new ForeignJson(value, file, Join(key), ledger)
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
                ? new ForeignJson(item, file, Join(place), ledger)
                : throw Wrong(place, "an object", item);
        }
    }

    /// <summary>All keys.</summary>
    public IEnumerable<string> Keys() => element.EnumerateObject().Select(p => p.Name);

    /// <summary>Keys whose values are objects.</summary>
    public IEnumerable<string> ObjectKeys() => element.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.Object).Select(p => p.Name);

    /// <summary>A copy of the object, unchanged, to be written back.</summary>
    public JsonObject ToObject() => JsonObject.Create(element)?.DeepClone().AsObject() ?? [];

    public InvalidInputException Error(string key, string message) => new(file, null, Join(key) is { Length: > 0 } place ? $"{place}: {message}" : message);

    /// <summary>Refuses keys that were not read so far: <see cref="Read"/> does so at its end, a reader of more than this file before it opens the next.</summary>
    public void RejectOthers() => ledger.RejectOthers(element);

    private bool TryGet(string key, out JsonElement value)
    {
        ledger.Read(path, key);
        return element.TryGetProperty(key, out value) && value.ValueKind != JsonValueKind.Null;
    }

    private string Join(string key) => key.Length == 0 ? path : KeyLedger.Below(path, key);

    private InvalidInputException Wrong(string key, string expected, JsonElement got) =>
        Error(key, $"expected {expected}, got {CheckpointFile.Shorten(OneLine.Of(got))}");
}
