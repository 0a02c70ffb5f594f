using Fovea.Core.Json;

namespace Fovea.Models.Configs;

/// <summary>What a model's configuration may ask for at most: no header of a false file allocates unchecked.</summary>
internal static class ConfigLimits
{
    /// <summary>No known model comes near; without a limit a false number would ask for a list of a billion tensors.</summary>
    public const int MostLayers = 1024;

    /// <summary>Most of a width, a vocabulary or a number of heads: products of three of them stay within 64 bits.</summary>
    public const int MostWide = 1 << 22;

    /// <summary>Most pixels of a side.</summary>
    public const int MostPixels = 1 << 14;

    /// <summary>A key's size or count, at least 1 unless said otherwise.</summary>
    public static int WholeNumber(this ForeignJson json, string key, int fallback, int least = 1, int most = MostWide) =>
        json.OptionalWholeNumber(key, least, most) ?? fallback;

    /// <summary>Refuses quantised weights, wherever below here the configuration speaks of them.</summary>
    /// <exception cref="InvalidInputException">It does.</exception>
    public static void RefuseQuantised(this ForeignJson json) => RefuseQuantised(json, json.Element, "");

    // Goes by the elements, since a key that is only looked into does not count as read.
    private static void RefuseQuantised(ForeignJson json, JsonElement element, string place)
    {
        foreach (var property in element.EnumerateObject())
        {
            var key = KeyLedger.Below(place, property.Name);
            if (property.Name is "quantization_config" or "compression_config" or "quantization" && property.Value.ValueKind != JsonValueKind.Null)
            {
                throw json.Error(key, "quantised weights are not supported; expected float32, float16 or bfloat16 weights");
            }

            if (property.Value.ValueKind == JsonValueKind.Object)
            {
                RefuseQuantised(json, property.Value, key);
            }
        }
    }
}
