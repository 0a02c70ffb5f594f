using System.Text.Json;
using System.Text.Json.Serialization;
using Fovea.Core.Errors;
using Fovea.Core.Scores;
using Fovea.Store;
using Fovea.Tests.Foundations;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Store;

/// <summary>A store on a disk that runs full, refuses, tears, or outlives the process: what was finished is kept, and the next run makes the rest.</summary>
public sealed class FaultyDiskTests
{
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };
    private const int Shards = 3, ShardRows = 4;

    [Fact]
    public void A_full_disk_gives_one_line_and_keeps_what_was_finished()
    {
        using var folder = new TemporaryFolder();
        var disk = new FaultyFiles();
        using (var store = Open(folder, disk))
        {
            store.WriteShard(0, Rows(0));
            disk.FreeBytes = 700;
            var error = Assert.Throws<FoveaException>(() => store.WriteShard(1, Rows(1)));
            Assert.Contains("no space left on the device; make room", error.Message, StringComparison.Ordinal);
            Assert.Contains("1 shards finished so far are kept", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', error.Message);
        }

        Assert.Equal([1, 2], Finish(folder));
    }

    [Fact]
    public void A_disk_that_is_read_only_gives_one_line()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("cannot be written", Assert.Throws<FoveaException>(() => Open(folder, new FaultyFiles { ReadOnly = true })).Message,
            StringComparison.Ordinal);
        Finish(folder);
        Assert.Equal(Shards * ShardRows, ScoreStoreReader.Open(folder.Path).Count);
        var disk = new FaultyFiles { ReadOnly = true };
        using var again = Open(folder, disk);
        Assert.True(again.IsComplete);
        Assert.Empty(disk.Moved);
    }

    [Fact]
    public void A_shard_that_the_disk_tore_is_named_and_it_alone_is_made_again()
    {
        using var folder = new TemporaryFolder();
        var disk = new FaultyFiles();
        using (var store = Open(folder, disk))
        {
            store.WriteShard(0, Rows(0));
            store.WriteShard(1, Rows(1));
            disk.TornAt = 900;
            store.WriteShard(2, Rows(2));
            disk.TornAt = null;
            store.Complete();
        }

        Assert.Contains("shard-00002.parquet: torn or altered", Assert.Throws<InvalidInputException>(() => ScoreStoreReader.Open(folder.Path)).Message,
            StringComparison.Ordinal);
        Assert.Contains("shard-00002", Assert.Single(ScoreStoreReader.FindDamage(folder.Path)), StringComparison.Ordinal);
        Assert.Equal([2], Finish(folder));
    }

    [Property(MaxTest = 60)]
    public Property Whenever_the_process_dies_no_finished_shard_is_made_again_and_the_store_ends_the_same(ushort bytes, byte moves, bool byMoves)
    {
        using var folder = new TemporaryFolder();
        using var whole = new TemporaryFolder();
        Finish(whole);
        var disk = byMoves ? new FaultyFiles { MovesBeforeCrash = moves % 9 } : new FaultyFiles { BytesBeforeCrash = bytes % 16_000 };
        try
        {
            Run(folder, disk);
        }
        catch (FaultyFiles.Crash)
        {
        }

        var finished = disk.Moved.Where(f => f.EndsWith(".parquet", StringComparison.Ordinal)).Distinct().Count();
        var made = Finish(folder);
        var same = Content(folder) == Content(whole) && Directory.GetFiles(folder.Path).Length == Directory.GetFiles(whole.Path).Length;
        return (made.SequenceEqual(Enumerable.Range(finished, Shards - finished)) && same).Label(
            $"{finished} finished, made {string.Join(',', made)}, same {same}");
    }

    [Property(MaxTest = 200)]
    public Property Whatever_bytes_stand_in_a_shard_the_reader_names_it_or_reads_what_was_written(int at, byte value, int cut, byte kind)
    {
        using var folder = new TemporaryFolder();
        Finish(folder);
        var before = Content(folder);
        var path = folder.File("shard-00001.parquet");
        var bytes = File.ReadAllBytes(path);
        var place = Math.Abs(at % bytes.Length);
        byte[] altered = (kind % 4) switch
        {
            0 => bytes[..Math.Abs(cut % bytes.Length)],
            1 => [.. bytes, value],
            2 => [],
            _ => [.. bytes[..place], value, .. bytes[(place + 1)..]],
        };
        File.WriteAllBytes(path, altered);
        try
        {
            return (Content(folder) == before).Label("read without complaint and differs");
        }
        catch (InvalidInputException e)
        {
            return (e.Message.Contains("shard-00001.parquet", StringComparison.Ordinal)
                && !e.Message.Contains('\n', StringComparison.Ordinal)).Label(e.Message);
        }
    }

    [Property(MaxTest = 200)]
    public Property A_shard_of_any_bytes_under_a_matching_hash_is_an_error_of_one_line(int at, byte value, int cut, bool whole)
    {
        using var folder = new TemporaryFolder();
        Finish(folder);
        var before = Content(folder);
        var path = folder.File("shard-00001.parquet");
        var bytes = File.ReadAllBytes(path);
        bytes[Math.Abs(at % bytes.Length)] = value;
        File.WriteAllBytes(path, whole ? bytes : bytes[..Math.Abs(cut % bytes.Length)]);
        var manifest = folder.File("manifest.json");
        var old = ScoreStoreReader.FindDamage(folder.Path).FirstOrDefault() is null ? null : Hash(manifest, 1);
        if (old is not null)
        {
            File.WriteAllText(manifest, File.ReadAllText(manifest).Replace(old, Fovea.Core.Provenance.ContentHash.OfFile(path), StringComparison.Ordinal));
        }

        try
        {
            // A flipped bit of a number is a number; all else must be noticed.
            _ = Content(folder);
            return true.ToProperty();
        }
        catch (FoveaException e)
        {
            return (!e.Message.Contains('\n', StringComparison.Ordinal) && before.Length > 0).Label(e.Message);
        }
    }

    [Property(MaxTest = 300)]
    public Property A_manifest_of_any_bytes_is_an_error_of_one_line_or_still_a_manifest(int at, byte value, int cut, bool whole)
    {
        using var folder = new TemporaryFolder();
        Finish(folder);
        var path = folder.File("manifest.json");
        var bytes = File.ReadAllBytes(path);
        bytes[Math.Abs(at % bytes.Length)] = value;
        File.WriteAllBytes(path, whole ? bytes : bytes[..Math.Abs(cut % bytes.Length)]);
        foreach (var open in new Action[] { () => ScoreStoreReader.Open(folder.Path, allowPartial: true), () => _ = ScoreStoreReader.FindDamage(folder.Path).Count(), () => Open(folder).Dispose() })
        {
            try
            {
                open();
            }
            catch (FoveaException e) when (!e.Message.Contains('\n', StringComparison.Ordinal))
            {
            }
        }

        return true.ToProperty();
    }

    private static string Hash(string manifest, int shard)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(manifest));
        return json.RootElement.GetProperty("shards")[shard].GetProperty("sha256").GetString()!;
    }

    private static TokenScores[] Rows(int shard) => ScoreRows.Several(shard * ShardRows, ShardRows);

    private static ScoreStoreWriter Open(TemporaryFolder folder, FaultyFiles? disk = null) => ScoreStoreWriter.Open(folder.Path, ScoreRows.Provenance, disk);

    private static void Run(TemporaryFolder folder, FaultyFiles disk)
    {
        using var store = Open(folder, disk);
        for (var shard = 0; shard < Shards; shard++)
        {
            store.WriteShard(shard, Rows(shard));
        }

        store.Complete();
    }

    /// <summary>What a run of the same command does: makes what is missing. Returns the shards it made.</summary>
    private static List<int> Finish(TemporaryFolder folder)
    {
        using var store = Open(folder);
        var made = Enumerable.Range(0, Shards).Where(s => !store.HasShard(s)).ToList();
        made.ForEach(s => store.WriteShard(s, Rows(s)));
        store.Complete();
        return made;
    }

    private static string Content(TemporaryFolder folder) => JsonSerializer.Serialize(ScoreStoreReader.Open(folder.Path).Read(), Json);
}
