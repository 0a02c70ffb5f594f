using Fovea.Store.Parquet;
using Parquet;
using Parquet.Schema;

namespace Fovea.Store.Export;

/// <summary>One key of a row, in JSON and, where it has a field, in Parquet.</summary>
/// <param name="Name">The key.</param>
/// <param name="WriteJson">Writes the value of a row.</param>
/// <param name="Field">The column; null where only JSON can hold it.</param>
/// <param name="Write">Writes the values of a row group's rows.</param>
internal sealed record ExportColumn<TRow>(
    string Name, Action<Utf8JsonWriter, TRow> WriteJson, Field? Field = null, Func<ParquetRowGroupWriter, TRow[], Task>? Write = null);

/// <summary>Makes columns by what they hold.</summary>
internal static class ExportColumns
{
    public static ExportColumn<TRow> Text<TRow>(string name, Func<TRow, string?> of, bool mayBeNull = false)
    {
        var field = new DataField(name, typeof(string), mayBeNull);
        return new(name, (json, row) => json.WriteStringValue(of(row)), field, (group, rows) => group.WriteAsync(field, Array.ConvertAll(rows, r => of(r))));
    }

    public static ExportColumn<TRow> Number<TRow>(string name, Func<TRow, int> of)
    {
        var field = new DataField<int>(name, false);
        return new(name, (json, row) => json.WriteNumberValue(of(row)), field,
            (group, rows) => group.WriteAsync<int>(field, Array.ConvertAll(rows, r => of(r))));
    }

    public static ExportColumn<TRow> Texts<TRow>(string name, Func<TRow, IEnumerable<string>> of)
    {
        var field = ListColumns.TextField(name);
        return new(name, (json, row) => List(json, of(row), json.WriteStringValue), field,
            (group, rows) => ListColumns.WriteTextsAsync(group, field, rows.Select(r => (IReadOnlyList<string>)[.. of(r)])));
    }

    public static ExportColumn<TRow> Numbers<TRow>(string name, Func<TRow, int[]> of)
    {
        var field = ListColumns.Field<int>(name);
        return new(name, (json, row) => List(json, of(row), json.WriteNumberValue), field,
            (group, rows) => ListColumns.WriteAsync(group, field, Array.ConvertAll(rows, r => of(r))));
    }

    /// <summary>A list of numbers, null where a row has none; in JSON a NaN, which it lacks, is null.</summary>
    public static ExportColumn<TRow> Reals<TRow>(string name, Func<TRow, float[]?> of)
    {
        var field = ListColumns.Field<float>(name);
        return new(name, (json, row) => Reals(json, of(row)), field, (group, rows) => ListColumns.WriteAsync(group, field, Array.ConvertAll(rows, r => of(r))));
    }

    private static void Reals(Utf8JsonWriter json, float[]? values)
    {
        if (values is null)
        {
            json.WriteNullValue();
            return;
        }

        List(json, values, value =>
        {
            if (float.IsNaN(value))
            {
                json.WriteNullValue();
            }
            else
            {
                json.WriteNumberValue(value);
            }
        });
    }

    private static void List<T>(Utf8JsonWriter json, IEnumerable<T> values, Action<T> write)
    {
        json.WriteStartArray();
        foreach (var value in values)
        {
            write(value);
        }

        json.WriteEndArray();
    }
}
