using DuckDB.NET.Data;

namespace Fovea.Pipeline.Scores;

/// <summary>The rows of a query's answer, one at a time.</summary>
public sealed class QueryAnswer(ScoreQuery query, DuckDBDataReader reader, IReadOnlyList<QueryColumn> columns) : IDisposable
{
    /// <summary>Names of its columns.</summary>
    public IReadOnlyList<string> Names { get; } = columns.Count > 0
        ? [.. columns.Select(c => c.Name)] : [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)];

    /// <summary>Goes to the next row; false behind the last.</summary>
    /// <exception cref="FoveaException">The query fails.</exception>
    /// <exception cref="OperationCanceledException">Interrupted.</exception>
    public bool Next() => query.Guarded(reader.Read);

    /// <summary>Whether a column's values are JSON texts, where the whole answer was asked for.</summary>
    public bool IsJson(int column) => columns.Count > 0 && columns[column].IsJson;

    /// <summary>A value of the row: null, a number, a truth value or a text.</summary>
    /// <exception cref="FoveaException">It cannot be shown.</exception>
    public object? Value(int column) => query.Guarded(() =>
    {
        try
        {
            return reader.IsDBNull(column) ? null : reader.GetValue(column);
        }
        catch (Exception e) when (e is InvalidCastException or InvalidOperationException or ArgumentException or OverflowException or FormatException)
        {
            throw new UsageException($"query: column {Names[column]}: a value of this type is not shown; cast it to VARCHAR");
        }
    });

    public void Dispose() => reader.Dispose();
}
