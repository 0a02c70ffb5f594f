using System.Numerics;

namespace Fovea.Pipeline.Scores;

/// <summary>Prints a query's answer row by row: tab-separated text, or one JSON document.</summary>
public static class QueryOutput
{
    /// <summary>A header and one line per row; tabs and line breaks in a value are escaped, null is empty.</summary>
    public static void WriteText(QueryAnswer answer, TextWriter output)
    {
        output.WriteLine(string.Join('\t', answer.Names.Select(Escaped)));
        while (answer.Next())
        {
            for (var c = 0; c < answer.Names.Count; c++)
            {
                output.Write(c == 0 ? "" : "\t");
                output.Write(Escaped(Text(answer.Value(c))));
            }

            output.WriteLine();
        }
    }

    /// <summary><c>{"columns": [...], "rows": [{...}, ...]}</c>; numbers that JSON cannot hold (NaN, infinity) are texts.</summary>
    public static void WriteJson(QueryAnswer answer, Stream output)
    {
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, Encoder = StageManifest.Json.Encoder });
        json.WriteStartObject();
        json.WriteStartArray("columns");
        foreach (var name in answer.Names)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
        json.WriteStartArray("rows");
        while (answer.Next())
        {
            json.WriteStartObject();
            for (var c = 0; c < answer.Names.Count; c++)
            {
                json.WritePropertyName(answer.Names[c]);
                Write(json, answer.Value(c), answer.IsJson(c));
            }

            json.WriteEndObject();
            json.Flush();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        output.WriteByte((byte)'\n');
    }

    private static string Text(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static void Write(Utf8JsonWriter json, object? value, bool isJson)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case float or double when double.IsFinite(Convert.ToDouble(value, CultureInfo.InvariantCulture)):
            case sbyte or byte or short or ushort or int or uint or long or ulong or BigInteger:
                json.WriteRawValue(Text(value));
                break;
            case string text when isJson && IsDocument(text):
                json.WriteRawValue(text);
                break;
            default:
                json.WriteStringValue(Text(value));
                break;
        }
    }

    // The database writes NaN and infinity within a structure bare.
    private static bool IsDocument(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string Escaped(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\t", "\\t", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal);
}
