using Fovea.Core.Errors;

namespace Fovea.Core.Json;

// Values by their type: of this value, which must be one, or of a key, which is null, empty or the fallback where it is missing or null.
public sealed partial class ForeignJson
{
    /// <summary>This text.</summary>
    /// <exception cref="InvalidInputException">It is none; so too below, for what each expects.</exception>
    public string Text() => Require(JsonValueKind.String).Element.GetString()!;

    /// <summary>A key's text.</summary>
    public string Text(string key, string fallback) => OptionalText(key) ?? fallback;

    /// <summary>A key's text, or null.</summary>
    public string? OptionalText(string key) => Optional(key)?.Text();

    /// <summary>Whether the key holds a text.</summary>
    public bool IsText(string key) => Element.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String;

    /// <summary>A key's list of texts.</summary>
    public string[] Texts(string key) => Optional(key) is not { } list ? []
        : list.Element.ValueKind == JsonValueKind.Array && list.Element.EnumerateArray().All(v => v.ValueKind == JsonValueKind.String)
            ? [.. list.Element.EnumerateArray().Select(v => v.GetString()!)]
            : throw list.Expected("a list of texts");

    /// <summary>This flag.</summary>
    public bool Flag() => Element.ValueKind is JsonValueKind.True or JsonValueKind.False ? Element.GetBoolean() : throw Expected("true or false");

    /// <summary>A key's flag.</summary>
    public bool Flag(string key, bool fallback) => Optional(key)?.Flag() ?? fallback;

    /// <summary>A flag that Transformers takes for false where it is null, and for the fallback where it is absent.</summary>
    public bool FlagOrNull(string key, bool fallback) => Flag(key, !IsNull(key) && fallback);

    /// <summary>This whole number, within a range.</summary>
    public int WholeNumber(int least = int.MinValue, int most = int.MaxValue)
    {
        if (Element.ValueKind == JsonValueKind.Number && Element.TryGetInt32(out var number) && number >= least && number <= most)
        {
            return number;
        }

        var isTooLarge = Element.ValueKind == JsonValueKind.Number && Element.TryGetDouble(out var large) && Math.Abs(large) > int.MaxValue;
        throw Expected(isTooLarge || most < int.MaxValue ? $"a whole number from {least} to {most}"
            : least == int.MinValue ? "a whole number" : $"a whole number of at least {least}");
    }

    /// <summary>A key's whole number, or null.</summary>
    public int? OptionalWholeNumber(string key, int least = int.MinValue, int most = int.MaxValue) => Optional(key)?.WholeNumber(least, most);

    /// <summary>A key's whole number or list of them, which is not empty.</summary>
    public int[] WholeNumbers(string key) => Optional(key) is not { } value ? []
        : OneOrMore(value, int.MinValue) is { Length: > 0 } numbers ? numbers : throw value.Expected("a whole number or a list of whole numbers");

    /// <summary>A key's id or list of ids, none below 0.</summary>
    public int[] Ids(string key) => Optional(key) is not { } value ? [] : OneOrMore(value, 0) ?? throw value.Expected("an id or a list of ids");

    /// <summary>A key's id, or the first of its list (of end ids, the first one ends a turn); null for -1 too, which some files write for none.</summary>
    public int? FirstId(string key) => Optional(key) is not { } value ? null
        : (OneOrMore(value, int.MinValue) ?? throw value.Expected("an id or a list of ids")) is [>= 0 and var first, ..] ? first : null;

    /// <summary>This number, which is finite.</summary>
    public double Number() => Element.ValueKind == JsonValueKind.Number && Element.TryGetDouble(out var value) && double.IsFinite(value)
        ? value : throw Expected("a number");

    /// <summary>A key's number of at least 0.</summary>
    public double Number(string key, double fallback) => Optional(key) is not { } value ? fallback
        : value.Element.ValueKind == JsonValueKind.Number && value.Number() is >= 0 and var number ? number : throw value.Expected("a number of at least 0");

    /// <summary>A key's object, or null.</summary>
    public ForeignJson? OptionalObject(string key) => Optional(key)?.Require(JsonValueKind.Object);

    /// <summary>A key's list of objects.</summary>
    public IEnumerable<ForeignJson> Objects(string key) => Optional(key)?.Items().Select(i => i.Require(JsonValueKind.Object)) ?? [];

    /// <summary>Keys whose values are objects.</summary>
    public IEnumerable<string> ObjectKeys() => Element.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.Object).Select(p => p.Name);

    private static int[]? OneOrMore(ForeignJson value, int least)
    {
        JsonElement[] all = value.Element.ValueKind == JsonValueKind.Array ? [.. value.Element.EnumerateArray()] : [value.Element];
        return all.All(v => v.ValueKind == JsonValueKind.Number && v.TryGetInt32(out var number) && number >= least)
            ? Array.ConvertAll(all, v => v.GetInt32()) : null;
    }
}
