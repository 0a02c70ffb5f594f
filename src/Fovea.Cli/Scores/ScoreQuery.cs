using System.Data;
using System.Text.Json;
using DuckDB.NET.Data;
using Fovea.Core.Errors;
using Fovea.Store;

namespace Fovea.Cli.Scores;

/// <summary>
/// SQL over a score store, in an in-memory DuckDB that may read the store's own Parquet files and nothing else, and runs one SELECT at a time.
/// Views: <c>scores</c>, <c>vig</c>, <c>samples</c> and <c>tokens</c> (<see cref="ScoreViews"/>).
/// </summary>
internal sealed class ScoreQuery : IDisposable
{
    private readonly DuckDBConnection _connection;

    private ScoreQuery(DuckDBConnection connection) => _connection = connection;

    /// <summary>Makes the views, then locks the door.</summary>
    /// <exception cref="FoveaException">The store has no shard yet.</exception>
    public static ScoreQuery Open(ScoreStoreReader store)
    {
        if (store.Shards.Count == 0)
        {
            throw new InvalidInputException(store.Folder, null, "the score store has no finished shard; score first");
        }

        var query = new ScoreQuery(new DuckDBConnection("DataSource=:memory:"));
        try
        {
            query._connection.Open();
            query.Prepare(store);
            return query;
        }
        catch
        {
            query.Dispose();
            throw;
        }
    }

    /// <summary>Runs one SELECT; the reader streams.</summary>
    /// <exception cref="UsageException">The SQL is not one SELECT, or fails.</exception>
    public DuckDBDataReader Run(string sql)
    {
        MustSelect(sql);
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.UseStreamingMode = true;
        return Guarded(command.ExecuteReader);
    }

    /// <summary>Runs work on a result, turning the database's failures into one line.</summary>
    /// <exception cref="UsageException">The query fails.</exception>
    public static T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (DuckDBException e)
        {
            throw new UsageException($"query: {Brief(e.Message)}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private void Prepare(ScoreStoreReader store)
    {
        foreach (var statement in ScoreViews.Create(store, ColumnsOf))
        {
            Execute(statement);
        }

        // From here on the session reads these files and no others, loads nothing, and cannot be told otherwise.
        Execute("SET temp_directory = ''");

        // Unnested lists are taken for few rows, and a join would build its table from them instead of from the tokens.
        Execute("SET disabled_optimizers = 'build_side_probe_side'");
        Execute("SET autoinstall_known_extensions = false");
        Execute("SET autoload_known_extensions = false");
        Execute($"SET allowed_paths = [{string.Join(", ", store.Shards.Select(s => ScoreViews.Quoted(store.PathOf(s))))}]");
        Execute("SET enable_external_access = false");
        Execute("SET lock_configuration = true");
    }

    private List<string> ColumnsOf(string view)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = $"SELECT * FROM {view} LIMIT 0";
        using var reader = command.ExecuteReader(CommandBehavior.SchemaOnly);
        return [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)];
    }

    // The database's own parser says what a text is; a file that may be read could else be written as well.
    private void MustSelect(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT json_serialize_sql($sql::VARCHAR)::VARCHAR";
        command.Parameters.Add(new DuckDBParameter("sql", sql));
        var parsed = Guarded(() => (string)command.ExecuteScalar()!);
        using var document = Parsed(parsed);
        if (document.RootElement.GetProperty("error").GetBoolean())
        {
            throw new UsageException($"query: {Brief(document.RootElement.GetProperty("error_message").GetString()!)}; expected one SELECT over scores, vig, samples or tokens");
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
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static string Brief(string message) => message.Split('\n')[0].Trim();
}
