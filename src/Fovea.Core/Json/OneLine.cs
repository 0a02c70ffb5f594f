using System.Text.Encodings.Web;

namespace Fovea.Core.Json;

/// <summary>JSON as messages quote it.</summary>
public static class OneLine
{
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A value on one line, without the blanks and line breaks that its file lays it out with.</summary>
    public static string Of(JsonElement value) =>
        value.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? JsonSerializer.Serialize(value, Compact) : value.GetRawText();
}
