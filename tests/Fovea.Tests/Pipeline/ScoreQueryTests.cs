using System.Text;
using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Scores;
using Fovea.Pipeline.Scores;
using Fovea.Store;
using Fovea.Tests.Store;
using Xunit;

namespace Fovea.Tests.Pipeline;

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
        Assert.Equal(expected,
            Text("SELECT vig FROM vig ORDER BY record, position")[1..].Select(v => double.Parse(v, System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Json_holds_numbers_texts_lists_and_nulls()
    {
        using var query = ScoreQuery.Open(ScoreStoreReader.Open(_folder.Path), stop: TestContext.Current.CancellationToken);
        using var answer =
            query.Run("SELECT record, id, target_ids, sum(record) OVER () AS total, 'NaN'::FLOAT AS nothing FROM samples WHERE record = 1", whole: true);
        using var stream = new MemoryStream();
        QueryOutput.WriteJson(answer, stream);
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
        using (var query = ScoreQuery.Open(ScoreStoreReader.Open(_folder.Path), stop: TestContext.Current.CancellationToken))
        {
            var error = Assert.Throws<UsageException>(() =>
            {
                using var answer = query.Run(sql.Replace("HERE", _folder.Path, StringComparison.Ordinal).Replace("OUTSIDE", outside, StringComparison.Ordinal));
                QueryOutput.WriteText(answer, TextWriter.Null);
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

        using var query = ScoreQuery.Open(ScoreStoreReader.Open(folder.Path), stop: TestContext.Current.CancellationToken);
        foreach (var view in new[] { "scores", "vig", "tokens" })
        {
            using var answer = query.Run($"SELECT count(*) FROM {view}");
            Assert.True(answer.Next());
            Assert.Equal(0L, answer.Value(0));
        }
    }

    [Fact]
    public void A_folder_whose_name_holds_a_quote_is_read_and_one_that_is_a_pattern_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var query = ScoreQuery.Open(ScoreStoreReader.Open(Copied(folder.File("it's; a \"store\""))), stop: TestContext.Current.CancellationToken);
        using var answer = query.Run("SELECT count(*) FROM scores");
        Assert.True(answer.Next());
        Assert.Equal(20L, answer.Value(0));
        var pattern = ScoreStoreReader.Open(Copied(folder.File("a[b]*")));
        Assert.Contains("rename the folder", Assert.Throws<InvalidInputException>(
            () => ScoreQuery.Open(pattern, stop: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
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

    [Fact]
    public void Values_of_every_type_are_shown_as_text_and_as_JSON()
    {
        (string Value, string Text, string Json)[] cases =
        [
            ("[1, NULL, 3]", "[1, NULL, 3]", "[1,null,3]"),
            ("[NULL, 'x']", "[NULL, x]", "[null,\"x\"]"),
            ("[[1, NULL]]", "[[1, NULL]]", "[[1,null]]"),
            ("[1.5::FLOAT, 'NaN'::FLOAT, NULL]", "[1.5, nan, NULL]", "[1.5,\"nan\",null]"),
            ("[1, 2]::INTEGER[2]", "[1, 2]", "[1,2]"),
            ("{'a': 1, 'b': [1, NULL]}", "{'a': 1, 'b': [1, NULL]}", "{\"a\":1,\"b\":[1,null]}"),
            ("map([1], ['x'])", "{1=x}", "{\"1\":\"x\"}"),
            ("union_value(num := 2)", "2", "{\"num\":2}"),
            ("DATE '2020-03-01'", "2020-03-01", "\"2020-03-01\""),
            ("DATE '290000-01-01'", "290000-01-01", "\"290000-01-01\""),
            ("DATE '-infinity'", "-infinity", "\"-infinity\""),
            ("TIMESTAMP 'infinity'", "infinity", "\"infinity\""),
            ("TIMESTAMP '2020-01-01 00:00:00.123456'", "2020-01-01 00:00:00.123456", "\"2020-01-01 00:00:00.123456\""),
            ("TIMESTAMP_NS '2020-01-01 00:00:00.123456789'", "2020-01-01 00:00:00.123456789", "\"2020-01-01 00:00:00.123456789\""),
            ("TIMESTAMPTZ '2020-01-01 00:00:00+00'", "2020-01-01 00:00:00+00", "\"2020-01-01 00:00:00+00\""),
            ("TIME '12:00'", "12:00:00", "\"12:00:00\""),
            ("INTERVAL 1 MONTH", "1 month", "\"1 month\""),
            ("'101'::BIT", "101", "\"101\""),
            ("'a'::BLOB", "a", "\"a\""),
            ("'00000000-0000-0000-0000-000000000001'::UUID", "00000000-0000-0000-0000-000000000001", "\"00000000-0000-0000-0000-000000000001\""),
            ("99999999999999999999999999999999999999::DECIMAL(38,0)", "99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
            ("0.1::DECIMAL(18,3)", "0.100", "0.100"),
            ("340282366920938463463374607431768211455::UHUGEINT", "340282366920938463463374607431768211455", "340282366920938463463374607431768211455"),
            ("true", "true", "true"),
            ("-0.0::DOUBLE", "-0", "-0"),
            ("'x'::VARCHAR COLLATE NOCASE", "x", "\"x\""),
            ("'{\"k\": 1}'::JSON", "{\"k\": 1}", "{\"k\":1}"),
        ];
        using var query = ScoreQuery.Open(ScoreStoreReader.Open(_folder.Path), stop: TestContext.Current.CancellationToken);
        foreach (var (value, text, json) in cases)
        {
            Assert.Equal((value, text), (value, Text($"SELECT {value} AS a", query)[1]));
            Assert.Equal((value, json), (value, Json($"SELECT {value} AS a", query)["rows"]![0]!["a"]!.ToJsonString(Relaxed)));
        }
    }

    [Fact]
    public void Columns_of_one_name_and_statements_that_describe_are_answered()
    {
        Assert.Equal(["a", "a_1"], Json("SELECT 1 AS a, 2 AS a -- twice")["columns"]!.AsArray().Select(c => (string)c!));
        Assert.Equal("1", Text("WITH x AS (SELECT 1 AS a) SELECT * FROM x;")[1]);
        Assert.StartsWith("column_name", Text("DESCRIBE scores")[0], StringComparison.Ordinal);
        Assert.Equal("source", (string)Json("DESCRIBE scores")["rows"]![0]!["column_name"]!);
        Assert.Equal("source", Text("FROM scores LIMIT 1")[0].Split('\t')[0]);
    }

    [Fact]
    public void Rows_keep_the_order_that_was_asked_for()
    {
        var rows = Json("SELECT n FROM (SELECT unnest(range(50000)) AS n) ORDER BY (n * 7919) % 50021")["rows"]!.AsArray();
        var expected = Enumerable.Range(0, 50000).OrderBy(n => n * 7919L % 50021);
        Assert.Equal(expected, rows.Select(r => (int)r!["n"]!));
    }

    [Fact]
    public void What_is_no_SELECT_or_nested_too_deeply_is_wrong_use_in_plain_words()
    {
        Assert.Contains("nested", Assert.Throws<UsageException>(
            () => Text("SELECT " + string.Concat(Enumerable.Repeat("abs(", 700)) + "1" + new string(')', 700))).Message, StringComparison.Ordinal);
        Assert.Equal("query: expected one SELECT over scores, vig, samples or tokens", Assert.Throws<UsageException>(() => Text("DROP VIEW scores")).Message);
        Assert.Equal("query: Catalog Error: Table with name prior does not exist; expected scores, vig, samples or tokens",
            Assert.Throws<UsageException>(() => Text("SELECT * FROM prior")).Message);
        Assert.DoesNotMatch("[.!]$", Assert.Throws<UsageException>(() => Text("SELECT * FROM sample")).Message);
    }

    [Fact]
    public void A_query_that_needs_more_memory_than_it_may_take_says_so()
    {
        using var query = ScoreQuery.Open(ScoreStoreReader.Open(_folder.Path), memoryMib: 64, stop: TestContext.Current.CancellationToken);
        var error = Assert.Throws<FoveaException>(() => query.Run("SELECT list(a.range) FROM range(30000000) a, range(10) b", whole: true));
        Assert.Contains("--memory-limit", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_query_is_interrupted_by_its_token()
    {
        using var stop = new CancellationTokenSource();
        using var query = ScoreQuery.Open(ScoreStoreReader.Open(_folder.Path), stop: stop.Token);
        stop.CancelAfter(50);
        Assert.Throws<OperationCanceledException>(
            () => query.Run("SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE a.range + b.range = 1", whole: true));
    }

    [Fact]
    public void A_shard_that_is_no_Parquet_under_a_right_hash_is_named()
    {
        var file = _folder.File("shard-00001.parquet");
        var bytes = File.ReadAllBytes(file);
        var (before, manifest) = (Core.Provenance.ContentHash.OfBytes(bytes), _folder.File("manifest.json"));
        var footer = BitConverter.ToInt32(bytes, bytes.Length - 8);
        Array.Fill(bytes, (byte)0xFF, bytes.Length - 8 - footer, 40);
        File.WriteAllBytes(file, bytes);
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace(before, Core.Provenance.ContentHash.OfBytes(bytes), StringComparison.Ordinal));
        var error = Assert.Throws<InvalidInputException>(() => Text("SELECT * FROM scores"));
        Assert.Contains("shard-00001.parquet", error.Message, StringComparison.Ordinal);
    }

    private static readonly System.Text.Json.JsonSerializerOptions Relaxed =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private JsonNode Json(string sql)
    {
        using var query = ScoreQuery.Open(ScoreStoreReader.Open(_folder.Path), stop: TestContext.Current.CancellationToken);
        return Json(sql, query);
    }

    private static JsonNode Json(string sql, ScoreQuery query)
    {
        using var answer = query.Run(sql, whole: true);
        using var stream = new MemoryStream();
        QueryOutput.WriteJson(answer, stream);
        return JsonNode.Parse(Encoding.UTF8.GetString(stream.ToArray()))!;
    }

    private string[] Text(string sql)
    {
        using var query = ScoreQuery.Open(ScoreStoreReader.Open(_folder.Path), stop: TestContext.Current.CancellationToken);
        return Text(sql, query);
    }

    private static string[] Text(string sql, ScoreQuery query)
    {
        using var answer = query.Run(sql);
        using var text = new StringWriter();
        QueryOutput.WriteText(answer, text);
        return text.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
    }
}
