using System.Text.Json.Nodes;
using Fovea.Store;
using Xunit;

namespace Fovea.Tests.Store;

/// <summary>A store whose files are whole and whose list of them was altered is not called intact.</summary>
public sealed class StoreDamageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public StoreDamageTests()
    {
        using var store = ScoreStoreWriter.Open(_folder.Path, ScoreRows.Provenance);
        for (var i = 0; i < 4; i++)
        {
            store.WriteShard(i, ScoreRows.Several(5 * i, 5));
        }

        store.Complete();
    }

    private string Manifest => _folder.File("manifest.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_whole_store_has_nothing_to_name() => Assert.Empty(ScoreStoreReader.FindDamage(_folder.Path));

    [Theory]
    [InlineData("gap", "shard-00002.parquet is missing")]
    [InlineData("wide gap", "shard-00003.parquet to shard-2147483646.parquet are missing")]
    [InlineData("invalid", "0 invalid samples; the manifest says 2")]
    [InlineData("provenance", "provenance is empty")]
    [InlineData("none", "holds no shard")]
    public void What_was_altered_in_the_manifest_is_named(string what, string expected)
    {
        const string Last = "shard-2147483647.parquet";
        var manifest = JsonNode.Parse(File.ReadAllText(Manifest))!;
        var shards = manifest["shards"]!.AsArray();
        switch (what)
        {
            case "gap":
                shards.RemoveAt(2);
                break;
            case "wide gap":
                (shards[3]!["index"], shards[3]!["file"]) = (int.MaxValue, Last);
                File.Move(_folder.File("shard-00003.parquet"), _folder.File(Last));
                break;
            case "invalid":
                shards[1]!["invalid"] = 2;
                break;
            case "provenance":
                manifest["provenance"] = new JsonObject();
                break;
            default:
                shards.Clear();
                break;
        }

        File.WriteAllText(Manifest, manifest.ToJsonString());
        Assert.Contains(expected, Assert.Single(ScoreStoreReader.FindDamage(_folder.Path)), StringComparison.Ordinal);
        if (what.Contains("gap", StringComparison.Ordinal))
        {
            Assert.Contains(expected, Assert.Throws<Core.Errors.InvalidInputException>(() => ScoreStoreReader.Open(_folder.Path)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_store_with_a_shard_begun_is_not_completed_whatever_its_index()
    {
        using var store = ScoreStoreWriter.Open(_folder.Path, ScoreRows.Provenance);
        store.BeginShard(int.MaxValue, 100);
        Assert.Throws<Core.Errors.FoveaException>(store.Complete);
    }

    [Theory]
    [InlineData("large", "expected at most 1073741824 bytes, got a file of 1073741825")]
    [InlineData("missing", "the file is missing")]
    public void A_fault_of_a_shard_has_one_wording(string what, string expected)
    {
        var store = ScoreStoreReader.Open(_folder.Path);
        var shard = _folder.File("shard-00001.parquet");
        if (what == "missing")
        {
            File.Delete(shard);
        }
        else
        {
            using var file = File.OpenWrite(shard);
            file.SetLength((1L << 30) + 1); // a hole: no bytes on the disk
        }

        expected = $"{shard}: {expected}; run the scoring again to redo this shard";
        Assert.Equal(expected, Assert.Throws<Core.Errors.InvalidInputException>(() => ScoreStoreReader.Open(_folder.Path)).Message);
        Assert.Equal(expected, Assert.Throws<Core.Errors.InvalidInputException>(() => store.ReadShard(1)).Message);
        Assert.Equal(expected, Assert.Throws<Core.Errors.InvalidInputException>(() => store.Find(null, 7)).Message);
    }

    [Fact]
    public void Samples_out_of_order_and_twice_are_named()
    {
        using (var store = ScoreStoreWriter.Open(_folder.Path, ScoreRows.Provenance))
        {
            store.WriteShard(2, ScoreRows.Several(0, 5));
            store.Complete();
        }

        var line = Assert.Single(ScoreStoreReader.FindDamage(_folder.Path));
        Assert.Contains("shard-00002.parquet", line, StringComparison.Ordinal);
        Assert.Contains("not in the order", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sample_is_found_without_reading_the_other_shards()
    {
        var store = ScoreStoreReader.Open(_folder.Path);
        Assert.Equal(12, Assert.Single(store.Find(null, 12)).Key.Record);
        Assert.Empty(store.Find("other.json", 12));
        Assert.Empty(store.Find(null, 20));
    }
}
