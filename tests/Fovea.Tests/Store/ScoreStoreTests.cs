using System.Text.Json;
using System.Text.Json.Serialization;
using Fovea.Core.Errors;
using Fovea.Core.Scores;
using Fovea.Store;
using Xunit;

namespace Fovea.Tests.Store;

public sealed class ScoreStoreTests : IDisposable
{
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_is_read_in_order()
    {
        TokenScores[] rows = [.. ScoreRows.Several(0, 9), ScoreRows.Invalid(9, "image_cut: too long")];
        Write(rows[..6], rows[6..]);

        var reader = ScoreStoreReader.Open(_folder.Path);

        Assert.Equal(Text(rows), Text(reader.Read()));
        Assert.Equal(Text(rows), Text(reader.Read()));
        Assert.Equal(10, reader.Count);
        Assert.Equal([0, 1], reader.Shards.Select(s => s.Invalid));
        Assert.Equal(ScoreRows.Provenance, reader.Provenance);
    }

    [Fact]
    public void A_shard_of_text_only_samples_has_targets_and_no_conditions()
    {
        Write([ScoreRows.TextOnly(0, 3), ScoreRows.TextOnly(1, 1)]);
        var rows = ScoreStoreReader.Open(_folder.Path).Read().ToList();
        Assert.Equal([10, 11, 12], rows[0].TargetIds);
        Assert.All(rows, r => Assert.Empty(r.LogProbs));
    }

    [Fact]
    public void The_same_rows_give_the_same_bytes()
    {
        Write(ScoreRows.Several(0, 20));
        var first = File.ReadAllBytes(_folder.File("shard-00000.parquet"));
        Write(ScoreRows.Several(0, 20));
        Assert.Equal(first, File.ReadAllBytes(_folder.File("shard-00000.parquet")));
    }

    [Fact]
    public void A_stopped_store_keeps_its_shards_and_goes_on()
    {
        using (var first = Open())
        {
            first.WriteShard(0, ScoreRows.Several(0, 3));
        }

        Assert.Contains("not complete", Assert.Throws<InvalidInputException>(() => ScoreStoreReader.Open(_folder.Path)).Message, StringComparison.Ordinal);
        Assert.Equal(3, ScoreStoreReader.Open(_folder.Path, allowPartial: true).Read().Count());
        using (var second = Open())
        {
            Assert.True(second.HasShard(0));
            Assert.False(second.HasShard(1));
            second.WriteShard(1, ScoreRows.Several(3, 3));
            second.Complete();
        }

        Assert.Equal(Enumerable.Range(0, 6), ScoreStoreReader.Open(_folder.Path).Read().Select(r => r.Key.Record));
    }

    [Theory]
    [InlineData("torn")]
    [InlineData("altered")]
    [InlineData("missing")]
    public void A_damaged_shard_is_named_by_the_reader_and_redone_by_the_writer(string damage)
    {
        Write(ScoreRows.Several(0, 3), ScoreRows.Several(3, 3));
        Damage("shard-00001.parquet", damage);

        var error = Assert.Throws<InvalidInputException>(() => ScoreStoreReader.Open(_folder.Path));
        Assert.Contains("shard-00001.parquet", error.Message, StringComparison.Ordinal);

        using var writer = Open();
        Assert.True(writer.HasShard(0));
        Assert.False(writer.HasShard(1));
        Assert.False(writer.IsComplete);
    }

    [Fact]
    public void A_differing_provenance_field_is_named_with_both_values()
    {
        Write(ScoreRows.Several(0, 3));
        var other = new Dictionary<string, string>(ScoreRows.Provenance) { ["proxy"] = "blur8" };
        var error = Assert.Throws<FoveaException>(() => ScoreStoreWriter.Open(_folder.Path, other));
        Assert.Contains("proxy = blur4", error.Message, StringComparison.Ordinal);
        Assert.Contains("proxy = blur8", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_provenance_field_that_is_new_or_gone_is_named()
    {
        Write(ScoreRows.Several(0, 3));
        var more = new Dictionary<string, string>(ScoreRows.Provenance) { ["sigma"] = "4" };
        Assert.Contains("sigma = (none)", Assert.Throws<FoveaException>(() => ScoreStoreWriter.Open(_folder.Path, more)).Message, StringComparison.Ordinal);
        var less = ScoreRows.Provenance.Where(p => p.Key != "threads").ToDictionary();
        Assert.Contains("threads = 1", Assert.Throws<FoveaException>(() => ScoreStoreWriter.Open(_folder.Path, less)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]", "kind")]
    [InlineData("{\"kind\": \"other\"}", "got other")]
    [InlineData("{\"kind\": \"fovea.score_store\", \"schema_version\": 99}", "got 99")]
    [InlineData("{\"kind\": \"fovea.score_store\", \"schema_version\": 1}", "not a score store's manifest")]
    [InlineData("{\"kind\": \"fovea.sc", "not a score store's manifest")]
    public void A_foreign_manifest_is_refused(string json, string says)
    {
        File.WriteAllText(_folder.File("manifest.json"), json);
        Assert.Contains(says, Assert.Throws<InvalidInputException>(() => ScoreStoreReader.Open(_folder.Path)).Message, StringComparison.Ordinal);
        Assert.Contains(says, Assert.Throws<InvalidInputException>(() => Open()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_manifest_cannot_lead_out_of_its_folder()
    {
        Write(ScoreRows.Several(0, 3));
        var manifest = _folder.File("manifest.json");
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("shard-00000.parquet", "../shard-00000.parquet", StringComparison.Ordinal));
        Assert.Contains("../shard", Assert.Throws<InvalidInputException>(() => ScoreStoreReader.Open(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_manifest_is_no_store_and_shards_in_it_are_not_overwritten()
    {
        Assert.Throws<InvalidInputException>(() => ScoreStoreReader.Open(_folder.Path));
        File.WriteAllText(_folder.File("shard-00000.parquet"), "somebody's");
        Assert.Throws<InvalidInputException>(() => Open());
        Assert.Equal("somebody's", File.ReadAllText(_folder.File("shard-00000.parquet")));
    }

    [Fact]
    public void A_second_writer_is_refused()
    {
        using var first = Open();
        Assert.Contains("another process", Assert.Throws<FoveaException>(() => Open()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_store_with_a_gap_does_not_complete()
    {
        using var writer = Open();
        writer.WriteShard(1, ScoreRows.Several(3, 3));
        Assert.Contains("shard-00000", Assert.Throws<FoveaException>(writer.Complete).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_inconsistent_row_is_refused_with_its_sample()
    {
        using var writer = Open();
        var tooShort = ScoreRows.Scored(0, [-1f, -2f], [-1f]);
        var positive = ScoreRows.Scored(1, [0.5f], [-1f]);
        var gap = ScoreRows.Scored(2, [float.NaN, -1f], [-1f, -1f]);
        var end = ScoreRows.Scored(3, [-1f], [-1f], ends: [1]);
        foreach (var row in new[] { tooShort, positive, gap, end })
        {
            Assert.Contains(row.Key.ToString(), Assert.Throws<FoveaException>(() => writer.WriteShard(0, [row])).Message, StringComparison.Ordinal);
        }
    }

    private static string Text(IEnumerable<TokenScores> rows) => JsonSerializer.Serialize(rows, Json);

    private ScoreStoreWriter Open() => ScoreStoreWriter.Open(_folder.Path, ScoreRows.Provenance);

    private void Write(params TokenScores[][] shards)
    {
        using var writer = Open();
        for (var i = 0; i < shards.Length; i++)
        {
            writer.WriteShard(i, shards[i]);
        }

        writer.Complete();
    }

    private void Damage(string name, string how)
    {
        var path = _folder.File(name);
        var bytes = File.ReadAllBytes(path);
        switch (how)
        {
            case "torn":
                File.WriteAllBytes(path, bytes[..(bytes.Length / 2)]);
                break;
            case "altered":
                bytes[40] ^= 1;
                File.WriteAllBytes(path, bytes);
                break;
            default:
                File.Delete(path);
                break;
        }
    }
}
