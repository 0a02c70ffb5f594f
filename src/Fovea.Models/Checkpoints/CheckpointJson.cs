using System.Text.Json;
using System.Text.Unicode;
using Fovea.Core.Errors;

namespace Fovea.Models.Checkpoints;

/// <summary>Parses the JSON of headers and index files strictly: valid UTF-8, no key twice, shallow, every text readable.</summary>
internal static class CheckpointJson
{
    private const int MaxDepth = 8;

    /// <summary>Parses an object.</summary>
    /// <param name="json">Bytes of known, bounded number.</param>
    /// <param name="file">The file, for messages.</param>
    /// <param name="what">The part of the file, for messages.</param>
    /// <exception cref="InvalidInputException">It is not valid.</exception>
    public static JsonDocument Parse(byte[] json, string file, string what)
    {
        if (!Utf8.IsValid(json))
        {
            throw new InvalidInputException(file, null, $"{what} is not valid UTF-8");
        }

        try
        {
            var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            CheckTexts(document.RootElement);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document
                : throw new InvalidInputException(file, null, $"{what} is not a JSON object");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: half of a surrogate pair, which passes as JSON but not as text.
            throw new InvalidInputException(file, null, $"{what} is not valid JSON: {e.Message}", e);
        }
    }

    /// <summary>Reads all keys and texts once.</summary>
    /// <exception cref="InvalidOperationException">One is not valid Unicode.</exception>
    public static void CheckTexts(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                _ = element.GetString();
                break;
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    _ = property.Name;
                    CheckTexts(property.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    CheckTexts(item);
                }

                break;
        }
    }
}
