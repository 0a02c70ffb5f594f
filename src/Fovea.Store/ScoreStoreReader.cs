using Fovea.Store.Parquet;

namespace Fovea.Store;

/// <summary>Reads a score store, a few shards in memory at a time. Thread-safe.</summary>
public sealed class ScoreStoreReader
{
    private const int MostAhead = 2;
    private readonly StoreManifest _manifest;

    private ScoreStoreReader(string folder, StoreManifest manifest, IReadOnlyList<ShardEntry> shards)
    {
        Folder = folder;
        _manifest = manifest;
        Shards = shards;
    }

    /// <summary>The file in a store's folder that names its shards and their hashes: its hash stands for the whole store.</summary>
    public const string ManifestFile = StoreManifest.FileName;

    /// <summary>The store's folder.</summary>
    public string Folder { get; }

    /// <summary>All that determined the scores, by field.</summary>
    public IReadOnlyDictionary<string, string> Provenance => _manifest.Provenance;

    /// <summary>Whether every sample of its corpus is there.</summary>
    public bool IsComplete => _manifest.Complete;

    /// <summary>The finished shards, in order.</summary>
    public IReadOnlyList<ShardEntry> Shards { get; }

    /// <summary>Number of samples.</summary>
    public int Count => Shards.Sum(s => s.Rows);

    /// <summary>Full path of the texts of its tokens, a Parquet file of <c>token_id</c> and <c>token</c>; null where it has none.</summary>
    public string? TokensPath => _manifest.TokensSha256 is null ? null : Path.GetFullPath(Path.Combine(Folder, TokenTexts.FileName));

    /// <summary>Whether a folder holds a score store, whole or not.</summary>
    public static bool IsStore(string folder) => File.Exists(Path.Combine(folder, ManifestFile));

    /// <summary>Opens a store and checks the hash of each shard.</summary>
    /// <param name="folder">The store's folder.</param>
    /// <param name="allowPartial">Also open a store whose scoring has not finished.</param>
    /// <exception cref="FoveaException">Not a score store, not complete, or a shard is missing or altered (named).</exception>
    public static ScoreStoreReader Open(string folder, bool allowPartial = false)
    {
        var manifest = StoreManifest.Read(folder);
        if (!manifest.Complete && !allowPartial)
        {
            throw new InvalidInputException(folder, null,
                $"the score store is not complete ({manifest.Shards.Count(s => s.IsFinished)} shards so far); continue its scoring");
        }

        var shards = Finished(folder, manifest);
        if (manifest.Complete && StoreDamage.Gaps(shards).FirstOrDefault() is { } gap)
        {
            throw new InvalidInputException(Path.Combine(folder, StoreManifest.FileName), null, gap);
        }

        foreach (var shard in shards)
        {
            if (ShardFile.Damage(folder, shard) is { } damage)
            {
                throw ShardFile.Damaged(folder, shard, damage);
            }
        }

        TokenTexts.Check(folder, manifest.TokensSha256);
        return new ScoreStoreReader(folder, manifest, shards);
    }

    /// <summary>
    /// Everything that is wrong with a store, one line each: hashes, what each shard holds, shards that are missing between others,
    /// counts, the order of records. Reads the whole store.
    /// </summary>
    /// <exception cref="FoveaException">Not a score store.</exception>
    public static IEnumerable<string> FindDamage(string folder) => StoreDamage.Find(folder);

    /// <summary>Number of samples in a store's finished shards, by its manifest.</summary>
    /// <exception cref="FoveaException">Not a score store.</exception>
    public static int CountOf(string folder) => Finished(folder, StoreManifest.Read(folder)).Sum(s => s.Rows);

    /// <summary>Whether a shard can be read and holds what it should.</summary>
    public bool IsReadable(ShardEntry shard) => StoreDamage.Of(Folder, shard) is null;

    /// <summary>Full path of a shard's file.</summary>
    public string PathOf(ShardEntry shard) => Path.GetFullPath(ShardFile.PathOf(Folder, shard));

    /// <summary>All samples in record order. May be enumerated again; each time reads the shards anew.</summary>
    /// <exception cref="FoveaException">A shard cannot be read (named).</exception>
    public IEnumerable<TokenScores> Read() => Shards.SelectMany(s => ShardFile.Read(Folder, s));

    /// <summary>
    /// The same, with the next shards being read on other threads while one is enumerated: for work that does not compute on tensors meanwhile
    /// (docs/decisions/0004).
    /// </summary>
    /// <param name="conditions">Read only these conditions; null for all that there are.</param>
    /// <param name="facts">Read only these facts beside their log-probabilities.</param>
    /// <exception cref="FoveaException">A shard cannot be read (named).</exception>
    public IEnumerable<TokenScores> ReadAhead(IReadOnlyCollection<string>? conditions = null, ScoreFacts facts = ScoreFacts.All)
    {
        var ahead = new Queue<Task<TokenScores[]>>();
        for (var i = 0; i < Shards.Count + MostAhead; i++)
        {
            if (i < Shards.Count)
            {
                var shard = Shards[i];
                ahead.Enqueue(Task.Run(() => ShardFile.Read(Folder, shard, conditions, facts)));
            }

            if (i < MostAhead)
            {
                continue;
            }

            foreach (var row in ahead.Dequeue().GetAwaiter().GetResult())
            {
                yield return row;
            }
        }
    }

    /// <summary>The text of every token id; empty where the store has none.</summary>
    /// <exception cref="FoveaException">The file cannot be read.</exception>
    public IReadOnlyList<(int Id, string Text)> ReadTokens()
    {
        if (TokensPath is not { } path)
        {
            return [];
        }

        try
        {
            return TokensCodec.Decode(RegularFile.ReadAllBytes(path, RegularFile.MaxWhole));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new InvalidInputException(path, null, $"{e.Message}; run the scoring again to write it", e);
        }
    }

    /// <summary>The samples of one record index, one per file that has it. Reads the keys of all shards, and whole only the shards that hold one.</summary>
    /// <param name="source">The file's name; null for all files.</param>
    /// <param name="record">Index of the record in its file.</param>
    /// <exception cref="FoveaException">A shard cannot be read (named).</exception>
    public IReadOnlyList<TokenScores> Find(string? source, int record)
    {
        bool IsMeant(SampleKey key) => key.Record == record && (source is null || key.Source == source);
        return [.. Shards.Where(s => ShardFile.ReadKeys(Folder, s).Any(IsMeant)).SelectMany(s => ShardFile.Read(Folder, s)).Where(r => IsMeant(r.Key))];
    }

    /// <summary>Names of the corpus files that its samples are of. Reads the keys of all shards.</summary>
    /// <exception cref="FoveaException">A shard cannot be read (named).</exception>
    public IReadOnlySet<string> ReadSources() => ReadKeys().Select(k => k.Source).ToHashSet(StringComparer.Ordinal);

    /// <summary>The keys of all samples, in record order: two columns of each shard.</summary>
    /// <exception cref="FoveaException">A shard cannot be read (named).</exception>
    public IEnumerable<SampleKey> ReadKeys() => Shards.SelectMany(s => ShardFile.ReadKeys(Folder, s));

    /// <summary>The samples of one shard.</summary>
    /// <exception cref="FoveaException">There is no such shard, or it cannot be read.</exception>
    public IReadOnlyList<TokenScores> ReadShard(int index)
    {
        var shard = Shards.FirstOrDefault(s => s.Index == index)
            ?? throw new InvalidInputException(Folder, null, $"has no shard {index}");
        return ShardFile.Read(Folder, shard);
    }

    // While scoring runs, the manifest names a shard a moment before the shard is in its place.
    internal static ShardEntry[] Finished(string folder, StoreManifest manifest) =>
        [.. manifest.Shards.Where(s => s.IsFinished && (manifest.Complete || File.Exists(ShardFile.PathOf(folder, s))))];
}
