using Fovea.Core.Errors;

namespace Fovea.Core.Json;

/// <summary>
/// Which keys of a foreign configuration were read. After reading, <see cref="RejectOthers"/> refuses every other key with a live value: one that is neither
/// null nor an empty list or object, and not known to change nothing. Objects of which no key was asked are maps (a vocabulary), not
/// settings, and are not looked into.
/// </summary>
/// <param name="file">The file, for messages.</param>
public sealed class KeyLedger(string file)
{
    private const int MostShown = 60;
    private readonly Dictionary<string, Use> _uses = new(StringComparer.Ordinal);

    /// <summary>Notes that a key was read.</summary>
    /// <param name="place">Path of its object; empty for the root.</param>
    /// <param name="key">The key.</param>
    public void Read(string place, string key) => At(place).Read.Add(key);

    /// <summary>Adds keys that change nothing in an object.</summary>
    public void Allow(string place, InertKeys keys) => At(place).Inert.Add(keys);

    /// <summary>The path of a key.</summary>
    public static string Below(string place, string key) => place.Length == 0 ? key : $"{place}.{key}";

    /// <summary>Refuses keys that were not read.</summary>
    /// <param name="value">The file's value, or one in it.</param>
    /// <param name="place">Its path.</param>
    /// <exception cref="InvalidInputException">A key has a live value that nothing here obeys; the message names it.</exception>
    public void RejectOthers(JsonElement value, string place = "") => Check(value, place);

    private static bool IsDead(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => value.GetPropertyCount() == 0,
        _ => false,
    };

    private Use At(string place)
    {
        if (!_uses.TryGetValue(place, out var use))
        {
            _uses.Add(place, use = new Use());
        }

        return use;
    }

    private void Check(JsonElement value, string place)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            var index = 0;
            foreach (var item in value.EnumerateArray())
            {
                if (item.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
                {
                    Check(item, $"{place}[{index}]");
                }

                index++;
            }
        }

        if (value.ValueKind != JsonValueKind.Object || !_uses.TryGetValue(place, out var use))
        {
            return;
        }

        foreach (var property in value.EnumerateObject())
        {
            if (use.Read.Contains(property.Name))
            {
                Check(property.Value, Below(place, property.Name));
            }
            else if (!IsDead(property.Value) && !use.Inert.Exists(i => i.Covers(property.Name, property.Value)))
            {
                throw Unknown(property, place, use);
            }
        }
    }

    private InvalidInputException Unknown(JsonProperty property, string place, Use use)
    {
        var (name, shown) = (Quoted.Shorten(Below(place, property.Name), 2 * MostShown), Quoted.Shorten(OneLine.Of(property.Value), MostShown));
        return new InvalidInputException(file, null, use.Inert.Select(i => i.Expected(property.Name)).FirstOrDefault(e => e is not null) is { } expected
            ? $"{name}: {shown} is not supported; expected {expected}"
            : $"{name}: unknown key with the value {shown}; remove it if it changes nothing, otherwise this form is not supported");
    }

    private sealed class Use
    {
        public HashSet<string> Read { get; } = new(StringComparer.Ordinal);

        public List<InertKeys> Inert { get; } = [];
    }
}
