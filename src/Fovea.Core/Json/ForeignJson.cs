using Fovea.Core.Errors;

namespace Fovea.Core.Json;

/// <summary>
/// A value of JSON that another tool wrote, and where it is: the one reader of configurations, tokenizers, image processors, indices and records. Keys
/// are read by name; one that is missing or null has a default or is an error, a value of the wrong type or out of range is one line that names file, record,
/// place, expected and got. A configuration's <see cref="KeyLedger"/> also refuses every key that was neither read nor declared inert.
/// </summary>
public sealed partial class ForeignJson
{
    private const int MostShown = 80;
    private readonly Origin _origin;

    private ForeignJson(Origin origin, JsonElement element, string place) => (_origin, Element, Place) = (origin, element, place);

    /// <summary>The value itself.</summary>
    public JsonElement Element { get; }

    /// <summary>Its path in the file or record, such as <c>text_config.rope_scaling</c>; empty for the root.</summary>
    public string Place { get; }

    /// <summary>The file.</summary>
    public string File => _origin.File;

    /// <summary>
    /// Reads a file whose root is an object, and refuses what <paramref name="read"/> has left unread in it: what is read lazily must be read to its end there.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="read">Makes the result; is disposed of where a key is refused.</param>
    /// <exception cref="InvalidInputException">Not such a file, or a key of it is not known.</exception>
    public static T Read<T>(string file, Func<ForeignJson, T> read)
    {
        var json = Open(file);
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

    /// <summary>Opens a file whose root is an object for its data, or for a look at single keys: no key is refused.</summary>
    /// <inheritdoc cref="ForeignDocument.Open"/>
    public static ForeignJson Open(string path, long maxBytes = ForeignDocument.MostBytes) =>
        new ForeignJson(new Origin(path, null, new KeyLedger(path)), ForeignDocument.Open(path, maxBytes), "").Require(JsonValueKind.Object);

    /// <summary>A record of a corpus, all of whose texts can be read (<see cref="JsonText.Parse"/>).</summary>
    /// <param name="file">The corpus.</param>
    /// <param name="record">Which, from 0.</param>
    /// <param name="element">Its value.</param>
    /// <param name="place">What it is called in messages, if that is not clear by itself.</param>
    public static ForeignJson OfRecord(string file, int record, JsonElement element, string place = "") => new(new Origin(file, record, null), element, place);

    /// <summary>Declares keys of this object that change nothing.</summary>
    public void Allow(params ReadOnlySpan<InertKeys> lists)
    {
        foreach (var keys in lists)
        {
            _origin.Ledger?.Allow(Place, keys);
        }
    }

    /// <summary>
    /// Refuses keys below here that were not read so far: <see cref="Read"/> does so at its end, a reader of more than this file before it opens the next.
    /// </summary>
    /// <exception cref="InvalidInputException">There is one.</exception>
    public void RejectOthers() => _origin.Ledger?.RejectOthers(Element, Place);

    /// <summary>An error at this place.</summary>
    public InvalidInputException Error(string message) => Error("", message);

    /// <summary>An error at a key, or at this place where the key is empty.</summary>
    public InvalidInputException Error(string key, string message) =>
        new(_origin.File, _origin.Record, Below(key) is { Length: > 0 } at ? $"{at}: {message}" : message);

    /// <summary>The error that this value is not what was expected.</summary>
    public InvalidInputException Expected(string what) => Error($"expected {what}, got {Describe(Element)}");

    /// <summary>This value, which is of a kind.</summary>
    /// <exception cref="InvalidInputException">It is of another.</exception>
    public ForeignJson Require(JsonValueKind kind) => Element.ValueKind == kind && !JsonText.IsNotANumber(Element) ? this : throw Expected(Name(kind));

    /// <summary>A field, or null where it is absent or null.</summary>
    public ForeignJson? Optional(string key)
    {
        Require(JsonValueKind.Object);
        _origin.Ledger?.Read(Place, key);
        return Element.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? new ForeignJson(_origin, value, Below(key)) : null;
    }

    /// <summary>A field that must be there.</summary>
    /// <exception cref="InvalidInputException">It is absent or null.</exception>
    public ForeignJson Field(string key) => Optional(key)
        ?? throw (IsNull(key) ? Error(key, "expected a value, got null") : Error($"the key \"{key}\" is missing"));

    /// <summary>Whether the key has a value; null is none. It does not count as read: whoever obeys it reads the value.</summary>
    public bool Has(string key) => Element.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>Whether the key is null, which some keys take for another value than the one they have where they are absent.</summary>
    public bool IsNull(string key) => Element.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Null;

    /// <summary>Names of all fields, as they are written; of what is no object, none.</summary>
    public IEnumerable<string> Keys() => Element.ValueKind == JsonValueKind.Object ? Element.EnumerateObject().Select(m => m.Name) : [];

    /// <summary>All fields of an object, as of a map with many keys; their keys do not count as read.</summary>
    public IEnumerable<(string Key, ForeignJson Value)> Members()
    {
        Require(JsonValueKind.Object);
        return Element.EnumerateObject().Select(m => (m.Name, new ForeignJson(_origin, m.Value, Below(m.Name))));
    }

    /// <summary>The items of a list.</summary>
    public IEnumerable<ForeignJson> Items()
    {
        Require(JsonValueKind.Array);
        return Element.EnumerateArray().Select((item, i) => new ForeignJson(_origin, item, $"{Place}[{i}]"));
    }

    /// <summary>Whether a key has the same value in another object, or none here.</summary>
    public bool Agrees(ForeignJson other, string key) =>
        Optional(key) is not { } value || (other.Optional(key) is { } same && JsonElement.DeepEquals(value.Element, same.Element));

    /// <summary>A copy of the object, unchanged, to be written back.</summary>
    public JsonObject ToObject() => JsonObject.Create(Element)?.DeepClone().AsObject() ?? [];

    private string Below(string key) => key.Length == 0 ? Place : KeyLedger.Below(Place, key);

    private static string Describe(JsonElement value) => JsonText.IsNotANumber(value) ? JsonText.NotANumberKey
        : value.ValueKind is JsonValueKind.Null or JsonValueKind.True or JsonValueKind.False ? value.GetRawText()
        : $"{Name(value.ValueKind)} ({Quoted.Shorten(OneLine.Of(value), MostShown)})";

    private static string Name(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "null",
    };

    /// <summary>Where values come from, and which keys of them were read; no ledger where unknown keys are ignored.</summary>
    private sealed record Origin(string File, int? Record, KeyLedger? Ledger);
}
