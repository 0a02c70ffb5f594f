using DuckDB.NET.Data;
using Fovea.Store;
using Fovea.Torch;

namespace Fovea.Pipeline.Scores;

/// <summary>
/// SQL over a score store, in an in-memory DuckDB that may read the store's own Parquet files and nothing else, writes nothing, keeps to a limit of memory,
/// and runs one SELECT at a time. Views: <c>scores</c>, <c>vig</c>, <c>samples</c> and <c>tokens</c> (<see cref="ScoreViews"/>).
/// </summary>
public sealed class ScoreQuery : IDisposable
{
    /// <summary>Most MiB of memory unless said otherwise; half of what the process may hold where that is less.</summary>
    public const int DefaultMemoryMib = 2048;

    /// <summary>The limit unless said otherwise.</summary>
    public static int DefaultMib => (int)Math.Min(DefaultMemoryMib, MemoryLimits.Resident().Bytes >> 21);

    private const string Expected = "expected one SELECT over scores, vig, samples or tokens";
    private readonly DuckDBConnection _connection = new("DataSource=:memory:");
    private readonly ScoreStoreReader _store;
    private readonly int _memoryMib;
    private readonly CancellationToken _stop;
    private CancellationTokenRegistration _interrupt;

    private ScoreQuery(ScoreStoreReader store, int memoryMib, CancellationToken stop) => (_store, _memoryMib, _stop) = (store, memoryMib, stop);

    /// <summary>Makes the views, then locks the door.</summary>
    /// <param name="store">At least one shard.</param>
    /// <param name="memoryMib">Most MiB that queries may take; null for <see cref="DefaultMemoryMib"/>, or half of the machine's memory
    /// where that is less.</param>
    /// <param name="stop">Interrupts what runs.</param>
    /// <exception cref="FoveaException">The store has no shard yet, or one that cannot be read (named).</exception>
    public static ScoreQuery Open(ScoreStoreReader store, int? memoryMib = null, CancellationToken stop = default)
    {
        if (store.Shards.Count == 0)
        {
            throw new InvalidInputException(store.Folder, null, "the score store has no finished shard; score first");
        }

        var query = new ScoreQuery(store, memoryMib ?? DefaultMib, stop);
        try
        {
            query._connection.Open();
            query._interrupt = stop.Register(query.Command("").Cancel); // whatever command runs on the connection
            query.Prepare();
            return query;
        }
        catch
        {
            query.Dispose();
            throw;
        }
    }

    /// <summary>Runs one SELECT.</summary>
    /// <param name="sql">The SELECT.</param>
    /// <param name="whole">Whether the answer is computed to its end before the first row is given; else rows stream as they are found.</param>
    /// <exception cref="UsageException">The SQL is not one SELECT, or fails.</exception>
    /// <exception cref="OperationCanceledException">Interrupted.</exception>
    public QueryAnswer Run(string sql, bool whole = false)
    {
        MustSelect(sql);
        var columns = Columns(sql);
        if (columns.Count == 0)
        {
            return new QueryAnswer(this, Read(sql), columns); // DESCRIBE and the like, which make no view: texts
        }

        var select = $"SELECT {string.Join(", ", columns.Select(c => c.Select(asJson: whole)))} FROM answer";
        if (whole)
        {
            Execute($"CREATE OR REPLACE TEMP TABLE whole_answer AS {select}");
            select = "SELECT * FROM whole_answer";
        }

        return new QueryAnswer(this, Read(select), columns);
    }

    /// <summary>Runs work on the database; its failures become one line.</summary>
    /// <exception cref="FoveaException">The query fails, or a shard cannot be read (named).</exception>
    /// <exception cref="OperationCanceledException">Interrupted.</exception>
    public T Guarded<T>(Func<T> work)
    {
        try
        {
            _stop.ThrowIfCancellationRequested();
            return work();
        }
        catch (DuckDBException) when (_stop.IsCancellationRequested)
        {
            throw new OperationCanceledException(_stop);
        }
        catch (DuckDBException e) when (e.Message.Contains("Out of Memory", StringComparison.OrdinalIgnoreCase) || e.Message.Contains("failed to allocate",
            StringComparison.OrdinalIgnoreCase) || e.Message.Contains("bad_alloc", StringComparison.Ordinal)
                || e.Message.Contains("Allocation failure", StringComparison.OrdinalIgnoreCase))
        {
            throw new FoveaException($"query: needs more than the {_memoryMib} MiB of memory that it may take; ask for less, or give --memory-limit", e);
        }
        catch (DuckDBException e) when (!IsOfSql(e.Message) && Unreadable() is { } shard)
        {
            throw new InvalidInputException(shard, null, $"cannot be read ({Brief(e.Message)}); run the scoring again to redo this shard", e);
        }
        catch (DuckDBException e)
        {
            throw new UsageException($"query: {Brief(e.Message)}");
        }
    }

    public void Dispose()
    {
        _interrupt.Dispose();
        _connection.Dispose();
    }

    private void Prepare()
    {
        Execute($"SET memory_limit = '{_memoryMib}MiB'");
        foreach (var statement in ScoreViews.Create(_store, ColumnsOf))
        {
            Execute(statement);
        }

        // From here on the session reads these files and no others, loads nothing, writes nothing (what does not fit into memory
        // fails), and cannot be told otherwise.
        Execute("SET temp_directory = ''");

        // Unnested lists are taken for few rows, and a join would build its table from them instead of from the tokens.
        Execute("SET disabled_optimizers = 'build_side_probe_side'");
        Execute("SET autoinstall_known_extensions = false");
        Execute("SET autoload_known_extensions = false");
        Execute($"SET allowed_paths = [{string.Join(", ", _store.Shards.Select(s => ScoreViews.Quoted(_store.PathOf(s))))}]");
        Execute("SET enable_external_access = false");
        Execute("SET lock_configuration = true");
    }

    private List<string> ColumnsOf(string view) => [.. Describe(view).Select(c => c.Name)];

    // As a view the answer's columns have names of their own and types that can be asked for before anything is computed.
    private List<QueryColumn> Columns(string sql)
    {
        try
        {
            using var command = Command($"CREATE OR REPLACE TEMP VIEW answer AS {sql}");
            command.ExecuteNonQuery();
        }
        catch (DuckDBException e) when (e.Message.Contains("Parser Error", StringComparison.Ordinal))
        {
            return [];
        }
        catch (DuckDBException e)
        {
            return Guarded<List<QueryColumn>>(() => throw e);
        }

        return Describe("answer");
    }

    private List<QueryColumn> Describe(string view) => Guarded(() =>
    {
        using var command = Command($"SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = '{view}' ORDER BY column_index");
        using var reader = command.ExecuteReader();
        var columns = new List<QueryColumn>();
        while (reader.Read())
        {
            columns.Add(new QueryColumn(reader.GetString(0), reader.GetString(1)));
        }

        return columns;
    });

    private DuckDBDataReader Read(string sql)
    {
        var command = Command(sql);
        command.UseStreamingMode = true;
        return Guarded(command.ExecuteReader);
    }

    // The database's own parser says what a text is; a file that may be read could else be written as well.
    private void MustSelect(string sql)
    {
        using var command = Command("SELECT json_serialize_sql($sql::VARCHAR)::VARCHAR");
        command.Parameters.Add(new DuckDBParameter("sql", sql));
        using var document = Parsed(Guarded(() => (string)command.ExecuteScalar()!));
        if (document.RootElement.GetProperty("error").GetBoolean())
        {
            var message = document.RootElement.GetProperty("error_message").GetString()!;
            throw new UsageException(message.Contains("SELECT statements", StringComparison.Ordinal)
                ? $"query: {Expected}" : $"query: {Brief(message)}; {Expected}");
        }

        var count = document.RootElement.GetProperty("statements").GetArrayLength();
        if (count != 1)
        {
            throw new UsageException($"query: expected one SELECT, got {count} statements");
        }
    }

    private static JsonDocument Parsed(string tree)
    {
        try
        {
            return JsonDocument.Parse(tree, new JsonDocumentOptions { MaxDepth = 1000 });
        }
        catch (JsonException)
        {
            throw new UsageException("query: expressions are nested too deeply; expected at most some hundreds of levels");
        }
    }

    private void Execute(string sql)
    {
        using var command = Command(sql);
        Guarded(command.ExecuteNonQuery);
    }

    private DuckDBCommand Command(string sql)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }

    private static bool IsOfSql(string message) => Array.Exists(
        ["Parser Error", "Binder Error", "Catalog Error", "Conversion Error", "Out of Range Error", "Permission Error"],
            e => message.StartsWith(e, StringComparison.Ordinal));

    /// <summary>The first shard that does not hold what it should; null if all do, and the fault is the query's.</summary>
    private string? Unreadable() => _store.Shards.Where(s => !_store.IsReadable(s)).Select(_store.PathOf).FirstOrDefault();

    // "Catalog Error: ... does not exist!" and, on the next line, what was meant.
    private static string Brief(string message)
    {
        var lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var meant = lines.Skip(1).FirstOrDefault(l => l.StartsWith("Did you mean", StringComparison.Ordinal));
        if (lines.Length > 0 && lines[0].StartsWith("Catalog Error: Table with name", StringComparison.Ordinal))
        {
            // What is meant is one of the views, and never a table of the database's own.
            return $"{lines[0].TrimEnd('.', '!')}; expected scores, vig, samples or tokens";
        }

        return lines.Length == 0 ? "failed" : lines[0].TrimEnd('.', '!') + (meant is null ? "" : $" ({meant})");
    }
}
