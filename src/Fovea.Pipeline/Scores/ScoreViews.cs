using Fovea.Store;

namespace Fovea.Pipeline.Scores;

/// <summary>
/// SQL views over a store's shards: <c>samples</c> (one row per sample, as in the shards), <c>tokens</c> (token_id, token),
/// <c>scores</c> (one row per scored target and condition) and <c>vig</c> (one row per target that the image and a visionless condition scored,
/// with their difference in nats).
/// </summary>
public static class ScoreViews
{
    private const string Prefix = "log_prob.";
    private const string Image = Prefix + Core.Scores.Conditions.Image;

    /// <summary>The statements that make them, in order.</summary>
    /// <param name="store">At least one shard.</param>
    /// <param name="columnsOf">Names of the columns of a view that an earlier statement made.</param>
    public static IEnumerable<string> Create(ScoreStoreReader store, Func<string, IReadOnlyList<string>> columnsOf)
    {
        var shards = string.Join(", ", store.Shards.Select(s => Quoted(Plain(store.PathOf(s)))));
        yield return $"CREATE VIEW samples AS SELECT * FROM read_parquet([{shards}], union_by_name = true)";

        // Texts as an enumeration are compared and grouped as numbers; the table is small and stays in memory.
        yield return store.TokensPath is { } tokens
            ? $"CREATE TABLE token_file AS SELECT * FROM read_parquet({Quoted(Plain(tokens))})"
            : "CREATE TABLE token_file AS SELECT 0::INTEGER AS token_id, ''::VARCHAR AS token";
        yield return "CREATE TYPE token_text AS ENUM (SELECT DISTINCT token FROM token_file ORDER BY token)";
        yield return $"CREATE TABLE tokens AS SELECT token_id, token::token_text AS token FROM token_file{(store.TokensPath is null ? " WHERE false" : "")}";
        yield return "DROP TABLE token_file";
        var logProbs = columnsOf("samples").Where(c => c.StartsWith(Prefix, StringComparison.Ordinal)).ToArray();
        yield return "CREATE VIEW scores AS " + WithTokens("condition, log_prob",
            [.. logProbs.Select(c => Unnested(c, $"unnest({Name(c)}) AS log_prob", "NOT isnan(log_prob)", []))],
            "''::VARCHAR AS condition, 0::FLOAT AS log_prob");
        yield return "CREATE VIEW vig AS " + WithTokens("condition, vig", [.. logProbs.Where(c => c != Image && logProbs.Contains(Image)).Select(c => Unnested(
            c, $"unnest({Name(Image)})::DOUBLE - unnest({Name(c)})::DOUBLE AS vig", "NOT isnan(vig)", [Image]))], "''::VARCHAR AS condition, 0::DOUBLE AS vig");
    }

    /// <summary>A text as an SQL literal.</summary>
    public static string Quoted(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";

    private static string Unnested(string column, string value, string where, string[] others)
    {
        var present = string.Join(" AND ", others.Append(column).Select(c => $"{Name(c)} IS NOT NULL"));
        return $"""
            SELECT * FROM (SELECT source, record, id, unnest(range(len(target_ids)))::INTEGER AS position, unnest(target_ids) AS token_id,
            {Quoted(column[Prefix.Length..])} AS condition, {value} FROM samples WHERE {present}) WHERE {where}
            """;
    }

    private static string WithTokens(string columns, string[] parts, string none) => parts.Length == 0
        ? $"SELECT source, record, id, 0::INTEGER AS position, 0::INTEGER AS token_id, NULL::token_text AS token, {none} FROM samples WHERE false"
        : $"SELECT source, record, id, position, s.token_id, tokens.token, {columns} FROM ({string.Join(" UNION ALL ", parts)}) s LEFT JOIN tokens ON "
            + $"s.token_id = tokens.token_id";

    private static string Name(string column) => "\"" + column.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    // The database takes these for patterns, and holds what it found to the paths that are allowed.
    private static string Plain(string path) => path.AsSpan().ContainsAny('*', '?', '[')
        ? throw new InvalidInputException(path, null, "a path with *, ? or [ cannot be queried; rename the folder or query through a link")
        : path;
}
