namespace Fovea.Core.Json;

/// <summary>
/// Keys of a foreign format that are known to change nothing here. <c>key</c> may have any value, <c>key=false</c> or
/// <c>key=1|2</c> only the values given (as JSON), <c>key_*</c> stands for all that begin so. Items are separated by white space.
/// </summary>
public sealed class InertKeys
{
    private readonly Dictionary<string, JsonElement[]> _keys = new(StringComparer.Ordinal);
    private readonly List<string> _prefixes = [];

    /// <summary>Makes the list.</summary>
    /// <param name="items">Items as above.</param>
    public InertKeys(string items)
    {
        foreach (var item in items.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = item.IndexOf('=', StringComparison.Ordinal);
            if (item[^1] == '*')
            {
                _prefixes.Add(item[..^1]);
            }
            else
            {
                _keys.Add(equals < 0 ? item : item[..equals], equals < 0 ? [] : [.. item[(equals + 1)..].Split('|').Select(Parse)]);
            }
        }
    }

    /// <summary>Whether a key with this value changes nothing.</summary>
    public bool Covers(string key, JsonElement value) => _keys.TryGetValue(key, out var only)
        ? only.Length == 0 || only.Any(o => JsonElement.DeepEquals(o, value))
        : _prefixes.Exists(p => key.StartsWith(p, StringComparison.Ordinal));

    /// <summary>The values that a key may have, as text; null where the key is not listed.</summary>
    public string? Expected(string key) => _keys.TryGetValue(key, out var only) ? string.Join(" or ", only.Select(o => o.GetRawText())) : null;

    private static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
