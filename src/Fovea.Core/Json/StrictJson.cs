using System.Text.Json.Serialization;

namespace Fovea.Core.Json;

/// <summary>How files of Fovea's own form are written and read: keys in snake_case, each known and each there, and no null where none is allowed.</summary>
public static class StrictJson
{
    /// <summary>On one line.</summary>
    public static JsonSerializerOptions Line { get; } = Options(indented: false);

    /// <summary>Over several lines, without what is null.</summary>
    public static JsonSerializerOptions Indented { get; } = Options(indented: true);

    private static JsonSerializerOptions Options(bool indented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        WriteIndented = indented,
        DefaultIgnoreCondition = indented ? JsonIgnoreCondition.WhenWritingNull : JsonIgnoreCondition.Never,
    };
}
