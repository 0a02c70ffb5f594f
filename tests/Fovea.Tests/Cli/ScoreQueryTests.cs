using System.Text;
using System.Text.Json.Nodes;
using Fovea.Cli.Scores;
using Fovea.Core.Errors;
using Fovea.Core.Scores;
using Fovea.Store;
using Fovea.Tests.Store;
using Xunit;

namespace Fovea.Tests.Cli;

public sealed class ScoreQueryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ScoreQueryTests()
    {
        using var store = ScoreStoreWriter.Open(_folder.Path, ScoreRows.Provenance);
        store.WriteTokens([.. Enumerable.Range(0, 40).Select(i => i == 13 ? "tab\there" : $"t{i}")]);
        store.WriteShard(0, [ScoreRows.TextOnly(0, 3)]);
        store.WriteShard(1, ScoreRows.Several(1, 5));
        store.Complete();
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_views_have_the_columns_that_are_promised()
    {
        Assert.Equal("source\trecord\tid\tposition\ttoken_id\ttoken\tcondition\tlog_prob", Text("SELECT * FROM scores")[0]);
        Assert.Equal("source\trecord\tid\tposition\ttoken_id\ttoken\tcondition\tvig", Text("SELECT * FROM vig")[0]);
        Assert.Contains("text_fingerprint", Text("SELECT * FROM samples")[0], StringComparison.Ordinal);
        Assert.Equal("6", Text("SELECT count(*) AS n FROM samples")[1]);
    }

    [Fact]
    public void Scores_have_a_row_for_each_scored_target_and_condition_in_the_order_of_the_targets()
    {
        // Records 1, 2, 4 and 5 are scored: three targets under image, and two of them under the blur (the third was cut off).
        Assert.Equal("20", Text("SELECT count(*) FROM scores")[1]);
        string[] expected = ["0\t12\tt12\t-2.5", "1\t13\ttab\\there\t-1.5", "2\t14\tt14\t-0.25"];
        Assert.Equal(expected, Text("SELECT position, token_id, token, log_prob FROM scores WHERE record = 2 AND condition = 'image' ORDER BY position")[1..]);
        Assert.Equal("id2", Text("SELECT DISTINCT id FROM scores WHERE record = 2")[1]);
    }

    [Fact]
    public void Vig_is_the_difference_to_the_image()
    {
        var rows = Text("SELECT condition, round(vig, 3) AS vig FROM vig WHERE record = 1 ORDER BY position");
        Assert.Equal(["visionless:blur\t-0.5", "visionless:blur\t0.5"], rows[1..]);
        Assert.Equal("t11", Text("SELECT token, avg(vig) FROM vig GROUP BY token ORDER BY token LIMIT 1")[1].Split('\t')[0]);
    }

    [Fact]
    public void Vig_in_SQL_is_the_one_formula_bit_by_bit()
    {
        var rows = ScoreStoreReader.Open(_folder.Path).Read().Where(r => r.LogProbs.Count > 0);
        var expected = rows.SelectMany(r => TokenMeasures.Differences(r.LogProbs[Conditions.Image], r.LogProbs[Conditions.Visionless("blur")]));
        Assert.Equal(expected, Text("SELECT vig FROM vig ORDER BY record, position")[1..].Select(v => double.Parse(v, System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Json_holds_numbers_texts_lists_and_nulls()
    {
        using var query = ScoreQuery.Open(ScoreStoreReader.Open(_folder.Path));
        using var reader = query.Run("SELECT record, id, target_ids, sum(record) OVER () AS total, 'NaN'::FLOAT AS nothing FROM samples WHERE record = 1");
        using var stream = new MemoryStream();
        QueryOutput.WriteJson(reader, stream);
        var row = JsonNode.Parse(Encoding.UTF8.GetString(stream.ToArray()))!["rows"]![0]!;
        Assert.Equal(1, (int)row["record"]!);
        Assert.Null(row["id"]);
        Assert.Equal("[11,12,13]", row["target_ids"]!.ToJsonString());
        Assert.Equal(1, (int)row["total"]!);
        Assert.Equal("NaN", (string)row["nothing"]!);
    }

    [Theory]
    [InlineData("SELECT * FROM read_csv('/etc/passwd')")]
    [InlineData("SELECT * FROM read_text('/etc/hostname')")]
    [InlineData("SELECT * FROM '/etc/passwd'")]
    [InlineData("SELECT * FROM glob('/*')")]
    [InlineData("SELECT * FROM read_parquet('OUTSIDE/*.parquet')")]
    [InlineData("COPY samples TO 'HERE/shard-00000.parquet'")]
    [InlineData("COPY (SELECT 1) TO 'OUTSIDE/fovea-must-not-be'")]
    [InlineData("SELECT 1; COPY samples TO 'HERE/shard-00000.parquet'")]
    [InlineData("SELECT 1) ; DROP VIEW samples --")]
    [InlineData("SET enable_external_access = true")]
    [InlineData("PRAGMA database_list")]
    [InlineData("ATTACH 'HERE/new.db'")]
    [InlineData("INSTALL httpfs")]
    [InlineData("LOAD httpfs")]
    [InlineData("DROP VIEW samples")]
    [InlineData("CREATE TABLE t AS SELECT 1")]
    [InlineData("EXPORT DATABASE 'HERE'")]
    [InlineData("SELECT nonsense FROM samples")]
    [InlineData("this is no SQL")]
    [InlineData("")]
    public void Nothing_else_can_be_read_or_written(string sql)
    {
        var outside = Path.GetDirectoryName(_folder.Path)!;
        var before = Directory.GetFiles(_folder.Path).Select(f => (f, new FileInfo(f).Length)).ToList();
        using (var query = ScoreQuery.Open(ScoreStoreReader.Open(_folder.Path)))
        {
            var error = Assert.Throws<UsageException>(() =>
            {
                using var reader = query.Run(sql.Replace("HERE", _folder.Path, StringComparison.Ordinal).Replace("OUTSIDE", outside, StringComparison.Ordinal));
                QueryOutput.WriteText(reader, TextWriter.Null);
            });
            Assert.StartsWith("query: ", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', error.Message);
        }

        Assert.Equal(before, Directory.GetFiles(_folder.Path).Select(f => (f, new FileInfo(f).Length)));
        Assert.Empty(ScoreStoreReader.FindDamage(_folder.Path));
        Assert.False(File.Exists(Path.Combine(outside, "fovea-must-not-be")));
    }

    [Fact]
    public void A_store_without_conditions_or_texts_has_empty_views()
    {
        using var folder = new TemporaryFolder();
        using (var store = ScoreStoreWriter.Open(folder.Path, ScoreRows.Provenance))
        {
            store.WriteShard(0, [ScoreRows.TextOnly(0, 3)]);
            store.Complete();
        }

        using var query = ScoreQuery.Open(ScoreStoreReader.Open(folder.Path));
        foreach (var view in new[] { "scores", "vig", "tokens" })
        {
            using var reader = query.Run($"SELECT count(*) FROM {view}");
            Assert.True(reader.Read());
            Assert.Equal(0L, reader.GetInt64(0));
        }
    }

    [Fact]
    public void A_folder_whose_name_holds_a_quote_is_read_and_one_that_is_a_pattern_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var query = ScoreQuery.Open(ScoreStoreReader.Open(Copied(folder.File("it's; a \"store\""))));
        using var reader = query.Run("SELECT count(*) FROM scores");
        Assert.True(reader.Read());
        Assert.Equal(20L, reader.GetInt64(0));
        var pattern = ScoreStoreReader.Open(Copied(folder.File("a[b]*")));
        Assert.Contains("rename the folder", Assert.Throws<InvalidInputException>(() => ScoreQuery.Open(pattern)).Message, StringComparison.Ordinal);
    }

    private string Copied(string target)
    {
        Directory.CreateDirectory(target);
        foreach (var file in Directory.GetFiles(_folder.Path).Where(f => !f.EndsWith(".lock", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }

        return target;
    }

    [Theory]
    [InlineData("SELECT [1, NULL, 3] AS a", "[1, , 3]")]
    [InlineData("SELECT [NULL, 'x'] AS a", "[, x]")]
    [InlineData("SELECT DATE '2020-03-01' AS a", "2020-03-01")]
    public void Values_of_other_types_are_shown_too(string sql, string shown) => Assert.Equal(shown, Text(sql)[1]);

    [Fact]
    public void What_cannot_be_shown_or_is_nested_too_deeply_is_wrong_use()
    {
        Assert.Contains("column a", Assert.Throws<UsageException>(() => Text("SELECT [[1, NULL]] AS a")).Message, StringComparison.Ordinal);
        Assert.Contains("nested", Assert.Throws<UsageException>(() => Text("SELECT " + string.Concat(Enumerable.Repeat("abs(", 700)) + "1" + new string(')', 700))).Message, StringComparison.Ordinal);
    }

    private string[] Text(string sql)
    {
        using var query = ScoreQuery.Open(ScoreStoreReader.Open(_folder.Path));
        using var reader = query.Run(sql);
        using var text = new StringWriter();
        QueryOutput.WriteText(reader, text);
        return text.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
    }
}
