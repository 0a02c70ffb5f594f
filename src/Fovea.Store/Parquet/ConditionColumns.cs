using System.Collections.ObjectModel;
using Parquet;
using Parquet.Schema;

namespace Fovea.Store.Parquet;

/// <summary>One list column for each condition of a shard, all under one prefix, in the order of their names.</summary>
internal sealed class ConditionColumns<T>
    where T : struct
{
    private readonly IReadOnlyList<TokenScores> _rows;
    private readonly Func<TokenScores, IReadOnlyDictionary<string, T[]>> _of;
    private readonly string[] _conditions;

    public ConditionColumns(string prefix, IReadOnlyList<TokenScores> rows, Func<TokenScores, IReadOnlyDictionary<string, T[]>> of)
    {
        _rows = rows;
        _of = of;
        _conditions = [.. rows.SelectMany(r => of(r).Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        Fields = Array.ConvertAll(_conditions, c => ListColumns.Field<T>(prefix + c));
    }

    public ListField[] Fields { get; }

    public async Task WriteAsync(ParquetRowGroupWriter group)
    {
        for (var c = 0; c < _conditions.Length; c++)
        {
            var name = _conditions[c];
            await ListColumns.WriteAsync(group, Fields[c], [.. _rows.Select(r => _of(r).GetValueOrDefault(name))]);
        }
    }

    /// <summary>What one row has of columns that were read.</summary>
    public static IReadOnlyDictionary<string, T[]> Row(List<(string Condition, T[]?[] Rows)> columns, int row)
    {
        if (columns.TrueForAll(c => c.Rows[row] is null))
        {
            return ReadOnlyDictionary<string, T[]>.Empty;
        }

        var conditions = new Dictionary<string, T[]>(columns.Count, StringComparer.Ordinal);
        foreach (var (condition, rows) in columns)
        {
            if (rows[row] is { } values)
            {
                conditions.Add(condition, values);
            }
        }

        return conditions;
    }
}
