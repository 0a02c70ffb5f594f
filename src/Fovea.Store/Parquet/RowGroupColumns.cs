using Parquet;
using Parquet.Schema;

namespace Fovea.Store.Parquet;

/// <summary>One row group's columns by name, each checked for its type before it is read.</summary>
internal sealed class RowGroupColumns(ParquetSchema schema, ParquetRowGroupReader group)
{
    private readonly Dictionary<string, Field> _fields = schema.Fields.ToDictionary(f => f.Name, StringComparer.Ordinal);

    public int Rows { get; } = ParquetLimits.NumRows(group);

    public bool Has(string name) => _fields.ContainsKey(name);

    public async Task<string?[]> StringsAsync(string name)
    {
        var field = Plain(name, typeof(string));
        var values = new string?[Rows];
        await group.ReadAsync(field, values.AsMemory());
        return values;
    }

    public async Task<T[]> NumbersAsync<T>(string name)
        where T : struct
    {
        var field = Plain(name, typeof(T));
        var values = new T[Rows];
        await group.ReadAsync<T>(field, values.AsMemory());
        return values;
    }

    public Task<T[]?[]> ListsAsync<T>(string name)
        where T : struct => Find(name) is ListField list
        ? ListColumns.ReadAsync<T>(group, list, Rows)
        : throw new InvalidDataException($"column {name} is not a list");

    /// <summary>The list columns whose names begin with <paramref name="prefix"/>, by what follows it.</summary>
    public async Task<List<(string Condition, T[]?[] Rows)>> ConditionsAsync<T>(string prefix, IReadOnlyCollection<string>? conditions)
        where T : struct
    {
        var found = new List<(string, T[]?[])>();
        foreach (var name in _fields.Keys.Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            if (conditions?.Contains(name[prefix.Length..]) ?? true)
            {
                found.Add((name[prefix.Length..], await ListsAsync<T>(name)));
            }
        }

        return found;
    }

    private DataField Plain(string name, Type type)
    {
        if (Find(name) is not DataField field || field.MaxRepetitionLevel != 0 || !Holds(field, type))
        {
            throw new InvalidDataException($"column {name} does not hold {type.Name}");
        }

        _ = ParquetLimits.NumLevels(group, field, Rows);
        return field;
    }

    // Strings may come as text spans from the library's reader; nullable numbers are refused.
    private static bool Holds(DataField field, Type type) => type == typeof(string)
        ? field.ClrType == typeof(string) || field.ClrType == typeof(ReadOnlyMemory<char>)
        : field.ClrType == type && !field.IsNullable;

    private Field Find(string name) => _fields.TryGetValue(name, out var field)
        ? field
        : throw new InvalidDataException($"column {name} is missing");
}
