using DuckDB.NET.Data;

namespace Fovea.Pipeline.Samples;

/// <summary>
/// One column of a file of samples that others made: CSV, TSV, Parquet or JSON Lines with <c>record</c>, that column, and <c>source</c> where the corpus has
/// several files.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="column">The column.</param>
public sealed class SampleColumn(string path, string column)
{
    private const string SourceColumn = "source", RecordColumn = "record";

    /// <summary>The column's texts by sample; null where it is empty.</summary>
    /// <param name="corpus">All samples of the corpus: each may be in the file once, and no other.</param>
    /// <param name="stop">Ends reading.</param>
    /// <exception cref="InvalidInputException">It cannot be read, lacks a column, or has a sample twice or one that the corpus does not have (named).</exception>
    public Dictionary<SampleKey, string?> Read(IReadOnlySet<SampleKey> corpus, CancellationToken stop)
    {
        RegularFile.Check(path, RegularFile.MaxCorpus);
        var sources = corpus.Select(k => k.Source).Distinct(StringComparer.Ordinal).ToArray();
        var values = new Dictionary<SampleKey, string?>();
        foreach (var (row, source, record, value) in Rows(sources))
        {
            stop.ThrowIfCancellationRequested();
            if (record is not (>= 0 and <= int.MaxValue))
            {
                throw new InvalidInputException(path, row, $"{RecordColumn}: expected the index of a record, from 0, got {record?.ToString(CultureInfo.InvariantCulture) ?? "none"}");
            }

            var key = new SampleKey(source ?? sources.FirstOrDefault(""), (int)record);
            if (!corpus.Contains(key))
            {
                throw new InvalidInputException(path, row,
                    $"{key} is no sample of the score stores, which hold those of {string.Join(", ", sources)}; give the file of the same corpus");
            }

            if (!values.TryAdd(key, value))
            {
                throw new InvalidInputException(path, row, $"{key} is there twice; give each sample once");
            }
        }

        return values;
    }

    /// <summary>The same as numbers; NaN where it is empty.</summary>
    /// <inheritdoc cref="Read"/>
    public Dictionary<SampleKey, double> ReadNumbers(IReadOnlySet<SampleKey> corpus, CancellationToken stop) => Read(corpus, stop).ToDictionary(v => v.Key,
        v => string.IsNullOrWhiteSpace(v.Value) ? double.NaN
            : double.TryParse(v.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && !double.IsInfinity(number) ? number
            : throw new InvalidInputException(path, null, $"{column} of {v.Key}: expected a number, got '{Quoted.Shorten(v.Value)}'"));

    private IEnumerable<(int Row, string? Source, long? Record, string? Value)> Rows(string[] sources)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        Execute(connection, "SET autoinstall_known_extensions = false");
        Execute(connection, "SET memory_limit = '1GiB'");
        var names = Names(connection);
        foreach (var needed in new[] { RecordColumn, column }.Where(n => !names.Contains(n)))
        {
            throw new InvalidInputException(path, null, $"expected the columns {RecordColumn} and {column}, got {string.Join(", ", names)}");
        }

        if (!names.Contains(SourceColumn) && sources.Length > 1)
        {
            throw new InvalidInputException(path, null, $"expected a column {SourceColumn}, since the corpus has several files: {string.Join(", ", sources)}");
        }

        var source = names.Contains(SourceColumn) ? $"{SourceColumn}::VARCHAR" : "NULL::VARCHAR";
        using var command = Command(connection, $"SELECT {source}, TRY_CAST({RecordColumn} AS BIGINT), {Name(column)}::VARCHAR FROM {Table()}");
        using var reader = Guarded(command.ExecuteReader);
        for (var row = 0; Guarded(reader.Read); row++)
        {
            yield return (row, Text(reader, 0), reader.IsDBNull(1) ? null : reader.GetInt64(1), Text(reader, 2));
        }
    }

    private string[] Names(DuckDBConnection connection)
    {
        using var command = Command(connection, $"DESCRIBE SELECT * FROM {Table()}");
        using var reader = Guarded(command.ExecuteReader);
        var names = new List<string>();
        while (reader.Read())
        {
            names.Add(reader.GetString(0));
        }

        return [.. names];
    }

    private string Table()
    {
        var file = Literal(Path.GetFullPath(path));
        return Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".csv" => $"read_csv({file}, header = true, all_varchar = true, delim = ',')",
            ".tsv" => $"read_csv({file}, header = true, all_varchar = true, delim = '\t')",
            ".jsonl" => $"read_json({file}, format = 'newline_delimited')",
            ".parquet" => $"read_parquet({file})",
            _ => throw new InvalidInputException(path, null, "expected a name that ends in .csv, .tsv, .jsonl or .parquet"),
        };
    }

    // DuckDB's message may have lines of advice below the first.
    private T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (DuckDBException e)
        {
            throw new InvalidInputException(path, null, $"cannot be read ({e.Message.Split('\n')[0].TrimEnd('.', ' ')})", e);
        }
    }

    private static void Execute(DuckDBConnection connection, string sql)
    {
        using var command = Command(connection, sql);
        command.ExecuteNonQuery();
    }

    private static DuckDBCommand Command(DuckDBConnection connection, string sql)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }

    private static string? Text(DuckDBDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static string Literal(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";

    private static string Name(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
