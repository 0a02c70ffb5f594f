using System.Text.Encodings.Web;
using System.Text.Json.Serialization;
using Fovea.Core.Json;

namespace Fovea.Data.Scenes;

/// <summary>How the world's own files are written and strictly read: snake case, enums by name, no unknown and no missing key.</summary>
internal static class SceneJson
{
    public static JsonSerializerOptions Line { get; } = Options(indented: false);

    public static JsonSerializerOptions Indented { get; } = Options(indented: true);

    /// <summary>Reads a JSON-lines file record by record; empty lines are refused.</summary>
    public static IEnumerable<T> ReadLines<T>(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidInputException(path, null, "the file is missing; write the scene corpus again");
        }

        var record = 0;
        foreach (var line in RegularFile.ReadLines(path, RegularFile.MaxCorpus))
        {
            yield return Parse<T>(path, record, line);
            record++;
        }
    }

    public static T Parse<T>(string path, int? record, string json)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Line) ?? throw new InvalidInputException(path, record, "expected an object, got null");
        }
        catch (JsonException e)
        {
            throw new InvalidInputException(path, record, $"not as Fovea writes it: {JsonReason.InWords(e)}", e);
        }
    }

    private static JsonSerializerOptions Options(bool indented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = indented,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false), new ClassSpanConverter() },
    };
}

/// <summary>A span as <c>[turn, start, end, "class"]</c>.</summary>
internal sealed class ClassSpanConverter : JsonConverter<ClassSpan>
{
    public override ClassSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("a span must be [turn, start, end, \"class\"]");
        }

        var numbers = new int[3];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out numbers[i]))
            {
                throw new JsonException("a span must be [turn, start, end, \"class\"]");
            }
        }

        reader.Read();
        var tokenClass = JsonSerializer.Deserialize<TokenClass>(ref reader, options);
        if (!reader.Read() || reader.TokenType != JsonTokenType.EndArray)
        {
            throw new JsonException("a span must be [turn, start, end, \"class\"]");
        }

        return new ClassSpan(numbers[0], numbers[1], numbers[2], tokenClass);
    }

    public override void Write(Utf8JsonWriter writer, ClassSpan value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        writer.WriteNumberValue(value.Turn);
        writer.WriteNumberValue(value.Start);
        writer.WriteNumberValue(value.End);
        JsonSerializer.Serialize(writer, value.Class, options);
        writer.WriteEndArray();
    }
}

/// <summary>One line of <c>annotations.jsonl</c>.</summary>
internal sealed record AnnotationLine(string Source, int Record, int? Scene, IReadOnlyList<ClassSpan> Spans, IReadOnlyList<SceneQuestion> Questions);

/// <summary>One line of <c>scenes.jsonl</c>.</summary>
internal sealed record SceneLine(int Index, string Image, SceneBackground Background, long TextureSeed, IReadOnlyList<SceneObject> Objects);
