using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Core.Scores;
using Fovea.Store.Parquet;

namespace Fovea.Store;

/// <summary>Reads a score store, one shard in memory at a time. Thread-safe.</summary>
public sealed class ScoreStoreReader
{
    private const long MaxShardBytes = 1L << 30;
    private readonly StoreManifest _manifest;

    private ScoreStoreReader(string folder, StoreManifest manifest)
    {
        Folder = folder;
        _manifest = manifest;
    }

    /// <summary>The file in a store's folder that names its shards and their hashes: its hash stands for the whole store.</summary>
    public const string ManifestFile = StoreManifest.FileName;

    /// <summary>The store's folder.</summary>
    public string Folder { get; }

    /// <summary>All that determined the scores, by field.</summary>
    public IReadOnlyDictionary<string, string> Provenance => _manifest.Provenance;

    /// <summary>Whether every sample of its corpus is there.</summary>
    public bool IsComplete => _manifest.Complete;

    /// <summary>The shards, in order.</summary>
    public IReadOnlyList<ShardEntry> Shards => _manifest.Shards;

    /// <summary>Number of samples.</summary>
    public int Count => _manifest.Shards.Sum(s => s.Rows);

    /// <summary>Opens a store and checks the hash of each shard.</summary>
    /// <param name="folder">The store's folder.</param>
    /// <param name="allowPartial">Also open a store whose scoring has not finished.</param>
    /// <exception cref="FoveaException">Not a score store, not complete, or a shard is missing or altered (named).</exception>
    public static ScoreStoreReader Open(string folder, bool allowPartial = false)
    {
        var manifest = StoreManifest.Read(folder);
        if (!manifest.Complete && !allowPartial)
        {
            throw new InvalidInputException(folder, null, $"the score store is not complete ({manifest.Shards.Count} shards so far); continue its scoring");
        }

        var reader = new ScoreStoreReader(folder, manifest);
        foreach (var shard in manifest.Shards)
        {
            reader.CheckHash(shard);
        }

        return reader;
    }

    /// <summary>All samples in record order. May be enumerated again; each time reads the shards anew.</summary>
    /// <exception cref="FoveaException">A shard cannot be read (named).</exception>
    public IEnumerable<TokenScores> Read()
    {
        foreach (var shard in Shards)
        {
            foreach (var row in ReadShard(shard.Index))
            {
                yield return row;
            }
        }
    }

    /// <summary>The samples of one shard.</summary>
    /// <exception cref="FoveaException">There is no such shard, or it cannot be read.</exception>
    public IReadOnlyList<TokenScores> ReadShard(int index)
    {
        var shard = Shards.FirstOrDefault(s => s.Index == index)
            ?? throw new InvalidInputException(Folder, null, $"has no shard {index}");
        try
        {
            var rows = ShardCodec.Decode(File.ReadAllBytes(PathOf(shard)));
            return rows.Length == shard.Rows
                ? rows
                : throw new InvalidDataException($"{rows.Length} samples; the manifest says {shard.Rows}");
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw Damaged(shard, e.Message, e);
        }
    }

    private void CheckHash(ShardEntry shard)
    {
        var path = PathOf(shard);
        if (!File.Exists(path))
        {
            throw Damaged(shard, "the file is missing");
        }

        if (new FileInfo(path).Length > MaxShardBytes)
        {
            throw Damaged(shard, $"larger than {MaxShardBytes >> 20} MiB");
        }

        var hash = ContentHash.OfFile(path);
        if (hash != shard.Sha256)
        {
            throw Damaged(shard, $"torn or altered: expected sha256 {shard.Sha256}, got {hash}");
        }
    }

    private string PathOf(ShardEntry shard) => Path.Combine(Folder, shard.File);

    private InvalidInputException Damaged(ShardEntry shard, string what, Exception? inner = null) =>
        new(PathOf(shard), null, $"{what}; run the scoring again to redo this shard", inner);
}
