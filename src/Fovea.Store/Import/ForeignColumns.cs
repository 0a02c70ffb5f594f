using Fovea.Store.Parquet;
using Parquet;
using Parquet.Schema;

namespace Fovea.Store.Import;

/// <summary>
/// One row group's columns as any writer lays them out: numbers of 32 or 64 bits, lists whose elements may be empty, each column known to its type and size
/// before it is read.
/// </summary>
internal sealed class ForeignColumns
{
    /// <summary>Most values of one column of one row group.</summary>
    public const int MaxValues = 1 << 24;

    private const string Advice = "write smaller row groups, e.g. row_group_size=1000 with pandas or pyarrow";
    private readonly Dictionary<string, Field> _fields;
    private readonly ParquetRowGroupReader _group;

    public ForeignColumns(ParquetSchema schema, ParquetRowGroupReader group)
    {
        (_fields, _group) = (schema.Fields.ToDictionary(f => f.Name, StringComparer.Ordinal), group);
        Rows = group.RowCount is >= 0 and <= ParquetLimits.MaxRows ? (int)group.RowCount
            : throw new InvalidDataException($"a row group of {group.RowCount} rows; at most {ParquetLimits.MaxRows} are read: {Advice}");
    }

    public int Rows { get; }

    public IEnumerable<string> Names => _fields.Keys;

    /// <summary>Texts, null where a row has none; null where there is no such column.</summary>
    public async Task<string?[]?> TextsAsync(string name)
    {
        if (!_fields.TryGetValue(name, out var found))
        {
            return null;
        }

        var field = Plain(found, typeof(string), typeof(ReadOnlyMemory<char>));
        _ = NumLevels(field);
        var values = new string?[Rows];
        await _group.ReadAsync(field, values.AsMemory());
        return values;
    }

    /// <summary>Whole numbers, one in each row.</summary>
    public async Task<int[]> WholeNumbersAsync(string name)
    {
        var field = Plain(_fields.TryGetValue(name, out var found) ? found : throw new InvalidDataException($"column {name} is missing"), typeof(int),
            typeof(long));
        var numbers = field.ClrType == typeof(int)
            ? (await RawAsync<int>(field)).Values
            : Array.ConvertAll((await RawAsync<long>(field)).Values, v => Id(v, name));
        return numbers.Length == Rows ? numbers : throw new InvalidDataException($"column {name} has {numbers.Length} values for {Rows} rows; expected one in each");
    }

    /// <summary>Lists of ids, null where a row has none; null where there is no such column.</summary>
    public async Task<int[]?[]?> IdListsAsync(string name)
    {
        if (!_fields.TryGetValue(name, out var field))
        {
            return null;
        }

        var item = Item(field, typeof(int), typeof(long));
        return item.ClrType == typeof(int)
            ? Cut<int, int>(await RawAsync<int>(item), v => v, null)
            : Cut<long, int>(await RawAsync<long>(item), v => Id(v, name), null);
    }

    /// <summary>Lists of numbers, NaN where an element is empty; null where a row has none.</summary>
    public async Task<float[]?[]> RealListsAsync(string name)
    {
        var item = Item(_fields[name], typeof(float), typeof(double));
        return item.ClrType == typeof(float)
            ? Cut<float, float>(await RawAsync<float>(item), v => v, float.NaN)
            : Cut<double, float>(await RawAsync<double>(item), v => (float)v, float.NaN);
    }

    private static DataField Plain(Field field, params Type[] types) =>
        field is DataField { MaxRepetitionLevel: 0 } data && types.Contains(data.ClrType) ? data
            : throw new InvalidDataException($"column {field.Name} does not hold {(types[0] == typeof(string) ? "texts" : "whole numbers")}");

    private static DataField Item(Field field, params Type[] types) =>
        field is ListField { Item: DataField { MaxRepetitionLevel: 1 } item } && types.Contains(item.ClrType) ? item
            : throw new InvalidDataException($"column {field.Name} does not hold lists of {(types[0] == typeof(int) ? "whole numbers" : "numbers (float or double)")}");

    private static int Id(long value, string name) => value is >= int.MinValue and <= int.MaxValue ? (int)value
        : throw new InvalidDataException($"column {name} holds {value}; expected a number of 32 bits");

    private int NumLevels(DataField field)
    {
        var levels = _group.GetMetadata(field)?.MetaData?.NumValues ?? 0;
        return levels >= Rows && levels <= MaxValues ? (int)levels
            : throw new InvalidDataException($"column {field.Path} claims {levels} values for {Rows} rows; expected {Rows} to {MaxValues}: {Advice}");
    }

    private async Task<RawColumn<T>> RawAsync<T>(DataField field)
        where T : struct
    {
        var levels = NumLevels(field);
        var values = new T[levels];
        int[]? definition = field.MaxDefinitionLevel > 0 ? new int[levels] : null, repetition = field.MaxRepetitionLevel > 0 ? new int[levels] : null;
        await _group.ReadRawAsync<T>(field, values, Levels(definition), Levels(repetition), default);
        var present = definition?.Count(d => d == field.MaxDefinitionLevel) ?? levels;
        return new RawColumn<T>(field, values[..present], definition, repetition);
    }

    // A null array would become an empty buffer.
    private static Memory<int>? Levels(int[]? levels) => levels is null ? default(Memory<int>?) : levels.AsMemory();

    // Levels of a list: its last is an element; before that an empty element, where those may be, an empty list, no list.
    private U[]?[] Cut<T, U>(RawColumn<T> raw, Func<T, U> convert, U? missing)
        where T : struct
        where U : struct
    {
        var element = raw.Field.MaxDefinitionLevel - (raw.Field.IsNullable ? 1 : 0);
        var lists = new U[]?[Rows];
        int level = 0, value = 0;
        for (var row = 0; row < Rows; row++)
        {
            var end = level + 1;
            while (end < raw.Repetition!.Length && raw.Repetition[end] != 0)
            {
                end++;
            }

            if (level >= raw.Repetition.Length)
            {
                throw new InvalidDataException($"column {raw.Field.Path} ends at row {row} of {Rows}");
            }

            if (raw.Definition![level] >= element)
            {
                var list = lists[row] = new U[end - level];
                for (var i = 0; i < list.Length; i++)
                {
                    list[i] = raw.Definition[level + i] == raw.Field.MaxDefinitionLevel ? convert(raw.Values[value++])
                        : missing ?? throw new InvalidDataException($"column {raw.Field.Path} has an empty element in row {row}");
                }
            }
            else
            {
                lists[row] = raw.Definition[level] == element - 1 ? [] : null;
            }

            level = end;
        }

        return level == raw.Repetition!.Length ? lists : throw new InvalidDataException($"column {raw.Field.Path} holds more than {Rows} rows");
    }

    private sealed record RawColumn<T>(DataField Field, T[] Values, int[]? Definition, int[]? Repetition);
}
