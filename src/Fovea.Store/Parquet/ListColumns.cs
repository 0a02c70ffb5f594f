using Parquet;
using Parquet.Schema;

namespace Fovea.Store.Parquet;

/// <summary>
/// Lists of numbers, or of texts, as standard three-level Parquet lists: definition level 0 = no list, 1 = an empty one, 2 = an element (never null).
/// </summary>
internal static class ListColumns
{
    private const int Absent = 0, Empty = 1, Present = 2;

    public static ListField Field<T>(string name)
        where T : struct => new(name, new DataField<T>("element", false));

    public static ListField TextField(string name) => new(name, new DataField("element", typeof(string), false));

    public static Task WriteTextsAsync(ParquetRowGroupWriter group, ListField field, IEnumerable<IReadOnlyList<string>> rows) =>
        WriteAsync<ReadOnlyMemory<char>>(group, field, [.. rows.Select(r => r.Select(t => t.AsMemory()).ToArray())]);

    public static async Task WriteAsync<T>(ParquetRowGroupWriter group, ListField field, IReadOnlyList<T[]?> rows)
        where T : struct
    {
        var numValues = rows.Sum(r => r?.Length ?? 0);
        var numLevels = rows.Sum(r => Math.Max(1, r?.Length ?? 0));
        using var values = new Rented<T>(numValues);
        using var definition = new Rented<int>(numLevels);
        using var repetition = new Rented<int>(numLevels);
        Lay(rows, values.Span, definition.Span, repetition.Span);
        await group.WriteAllPartsAsync<T>((DataField)field.Item, values.Memory, definition.Memory, repetition.Memory, default);
    }

    private static void Lay<T>(IReadOnlyList<T[]?> rows, Span<T> values, Span<int> definition, Span<int> repetition)
    {
        int value = 0, level = 0;
        foreach (var row in rows)
        {
            repetition[level] = 0;
            if (row is not { Length: > 0 })
            {
                definition[level++] = row is null ? Absent : Empty;
                continue;
            }

            row.CopyTo(values[value..]);
            definition.Slice(level, row.Length).Fill(Present);
            repetition.Slice(level + 1, row.Length - 1).Fill(1);
            value += row.Length;
            level += row.Length;
        }
    }

    /// <exception cref="InvalidDataException">The column is no list of numbers as <see cref="WriteAsync"/> writes it.</exception>
    public static async Task<T[]?[]> ReadAsync<T>(ParquetRowGroupReader group, ListField field, int rows)
        where T : struct
    {
        if (field.Item is not DataField item || item.ClrType != typeof(T) || item.MaxDefinitionLevel != Present || item.MaxRepetitionLevel != 1)
        {
            throw new InvalidDataException($"column {field.Name} is not a list of {typeof(T).Name} without empty elements");
        }

        var numLevels = ParquetLimits.NumLevels(group, item, rows);
        using var values = new Rented<T>(numLevels);
        using var definition = new Rented<int>(numLevels);
        using var repetition = new Rented<int>(numLevels);
        values.Span.Clear();
        definition.Span.Clear();
        repetition.Span.Clear();
        await group.ReadRawAsync<T>(item, values.Memory, definition.Memory, repetition.Memory, default);
        return Cut<T>(field.Name, values.Span, definition.Span, repetition.Span, rows);
    }

    private static T[]?[] Cut<T>(string name, ReadOnlySpan<T> values, ReadOnlySpan<int> definition, ReadOnlySpan<int> repetition, int rows)
    {
        var lists = new T[]?[rows];
        int level = 0, value = 0;
        for (var row = 0; row < rows; row++)
        {
            var end = level + 1;
            while (end < repetition.Length && repetition[end] != 0)
            {
                end++;
            }

            if (level >= definition.Length)
            {
                throw new InvalidDataException($"column {name} ends at row {row} of {rows}");
            }

            if (definition[level] == Present)
            {
                lists[row] = values[value..(value + end - level)].ToArray();
                value += end - level;
            }
            else
            {
                lists[row] = definition[level] == Empty ? [] : null;
            }

            level = end;
        }

        return level == definition.Length ? lists : throw new InvalidDataException($"column {name} holds more than {rows} rows");
    }
}
