using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Reflection;
using System.Text.Json;
using DuckDB.NET.Data;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;

namespace Fovea.Cli.Scores;

/// <summary>Prints a query's result row by row: tab-separated text, or one JSON document.</summary>
internal static class QueryOutput
{
    /// <summary>A header and one line a row; tabs and line breaks in a value are escaped.</summary>
    public static void WriteText(DuckDBDataReader reader, TextWriter output)
    {
        output.WriteLine(string.Join('\t', Names(reader).Select(Escaped)));
        while (ScoreQuery.Guarded(reader.Read))
        {
            for (var c = 0; c < reader.FieldCount; c++)
            {
                output.Write(c == 0 ? "" : "\t");
                output.Write(Escaped(Text(Value(reader, c))));
            }

            output.WriteLine();
        }
    }

    /// <summary><c>{"columns": [...], "rows": [{...}, ...]}</c>; numbers that JSON cannot hold are texts.</summary>
    public static void WriteJson(DuckDBDataReader reader, Stream output)
    {
        var names = Names(reader);
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, Encoder = StageManifest.Json.Encoder });
        json.WriteStartObject();
        json.WriteStartArray("columns");
        Array.ForEach(names, json.WriteStringValue);
        json.WriteEndArray();
        json.WriteStartArray("rows");
        while (ScoreQuery.Guarded(reader.Read))
        {
            json.WriteStartObject();
            for (var c = 0; c < names.Length; c++)
            {
                json.WritePropertyName(names[c]);
                Write(json, Value(reader, c));
            }

            json.WriteEndObject();
            json.Flush();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        output.WriteByte((byte)'\n');
    }

    private static string[] Names(DuckDBDataReader reader) => [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)];

    private static object? Value(DuckDBDataReader reader, int column) => ScoreQuery.Guarded(() =>
    {
        try
        {
            return reader.IsDBNull(column) ? null : reader.GetValue(column);
        }
        catch (InvalidCastException)
        {
            return WithNulls(reader, column);
        }
    });

    // The reader makes lists of plain numbers unless it is asked for a type that can be null.
    private static object? WithNulls(DuckDBDataReader reader, int column)
    {
        try
        {
            var list = reader.GetFieldType(column) is { GenericTypeArguments: [{ IsValueType: true } element] } && Nullable.GetUnderlyingType(element) is null
                ? typeof(List<>).MakeGenericType(typeof(Nullable<>).MakeGenericType(element))
                : throw new InvalidCastException();
            return typeof(DuckDBDataReader).GetMethod(nameof(reader.GetFieldValue))!.MakeGenericMethod(list).Invoke(reader, [column]);
        }
        catch (Exception e) when (e is InvalidCastException or TargetInvocationException)
        {
            throw new UsageException($"query: column {reader.GetName(column)}: a value of this type with null in it is not shown; cast it to VARCHAR");
        }
    }

    private static string Text(object? value) => value switch
    {
        null => "",
        string text => text,
        bool flag => flag ? "true" : "false",
        IDictionary map => "{" + string.Join(", ", map.Keys.Cast<object>().Select(k => $"{Text(k)}: {Text(map[k])}")) + "}",
        IEnumerable list => "[" + string.Join(", ", list.Cast<object?>().Select(Text)) + "]",
        DateOnly or DateTime or DateTimeOffset or TimeOnly => ((IFormattable)value).ToString("O", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static void Write(Utf8JsonWriter json, object? value)
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
            case sbyte or byte or short or ushort or int or uint or long or ulong or decimal or BigInteger:
                json.WriteRawValue(((IFormattable)value).ToString(null, CultureInfo.InvariantCulture));
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case IEnumerable list and not IDictionary:
                json.WriteStartArray();
                foreach (var item in list)
                {
                    Write(json, item is DBNull ? null : item);
                }

                json.WriteEndArray();
                break;
            default:
                json.WriteStringValue(Text(value));
                break;
        }
    }

    private static string Escaped(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\t", "\\t", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal);
}
