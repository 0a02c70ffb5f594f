using System.Text.Json;

namespace Fovea.Models.Configs;

// Values by their type: each is null, empty or the fallback where the key is missing or null.
internal readonly partial struct ForeignJson
{
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

    /// <summary>A flag that Transformers takes for false where it is null, and for the fallback where it is absent.</summary>
    public bool FlagOrNull(string key, bool fallback) => Flag(key, !IsNull(key) && fallback);

    public bool Flag(string key, bool fallback) => !TryGet(key, out var value) ? fallback
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(key, "true or false", value);

    public int Integer(string key, int fallback, int least = 1, int most = MostWide) => OptionalInteger(key, least, most) ?? fallback;

    public int? OptionalInteger(string key, int least = int.MinValue, int most = int.MaxValue)
    {
        if (!TryGet(key, out var value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most
            ? number
            : throw Wrong(key, IsTooLarge(value) || most < int.MaxValue ? $"an integer from {least} to {most}" : least == int.MinValue ? "an integer" : $"an integer of at least {least}", value);
    }

    /// <summary>An id, or the first of a list of them (of end ids, the first one ends a turn); some files write -1 for none.</summary>
    public int? FirstId(string key)
    {
        if (!TryGet(key, out var value) || (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0))
        {
            return null;
        }

        var single = value.ValueKind == JsonValueKind.Array ? value[0] : value;
        return single.ValueKind == JsonValueKind.Number && single.TryGetInt32(out var id) ? id : throw Wrong(key, "an id or a list of ids", value);
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

    private static bool IsTooLarge(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && Math.Abs(number) > int.MaxValue;
}
