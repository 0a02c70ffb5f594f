using Fovea.Store.Parquet;

namespace Fovea.Store;

/// <summary>
/// Writes a score store: a folder of Parquet shards and <c>manifest.json</c>. Shards are written one by one, each atomically and in any order,
/// so that a run that stops can be continued; only one writer may have a folder open. The manifest names a shard's hash before the shard is put in its place,
/// so that at every moment a shard is either whole and known or to be scored again. Not thread-safe.
/// </summary>
public sealed class ScoreStoreWriter : IDisposable
{
    /// <summary>Most samples in one shard.</summary>
    public const int MaxShardRows = 512;

    private readonly ShardLedger _shards = new();
    private readonly IReadOnlyDictionary<string, string> _provenance;
    private readonly FolderLock? _lock;
    private readonly IFileLayer _files;
    private string? _tokensSha256;

    private ScoreStoreWriter(string folder, IReadOnlyDictionary<string, string> provenance, FolderLock? exclusive, IFileLayer files)
    {
        Folder = folder;
        _provenance = provenance;
        _lock = exclusive;
        _files = files;
    }

    /// <summary>The store's folder.</summary>
    public string Folder { get; }

    /// <summary>Whether all shards are there and <see cref="Complete"/> was called.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Samples in finished shards that could not be scored.</summary>
    public int InvalidSamples => _shards.Finished.Sum(s => s.Invalid);

    /// <summary>Finished shards, in order.</summary>
    public IReadOnlyCollection<ShardEntry> Shards => _shards.Finished;

    /// <summary>
    /// Starts a store, or continues one made under the same provenance: finished shards whose hash holds are kept, others are to be written again. The list
    /// <c>proxies</c> may have grown: the store is then incomplete until each shard is written with all of them.
    /// </summary>
    /// <param name="folder">Made if it is not there.</param>
    /// <param name="provenance">All that determines the scores: model hash, tokenizer, template, corpus, dtype, proxies, versions, threads,
    /// configuration.</param>
    /// <param name="files">The disk; null for the real one.</param>
    /// <param name="held">The folder's lock, where the caller has taken it; null: it is taken here and held until the writer is disposed.</param>
    /// <exception cref="FoveaException">The folder holds something else, cannot be written or is written by another process, or a provenance field differs
    /// (named, with both values).</exception>
    public static ScoreStoreWriter Open(string folder, IReadOnlyDictionary<string, string> provenance, IFileLayer? files = null, FolderLock? held = null)
    {
        var writer = new ScoreStoreWriter(folder, provenance, held is null ? FolderLock.Take(folder) : null, files ?? DiskFiles.Instance);
        try
        {
            writer.Continue();
            return writer;
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>Whether shard <paramref name="index"/> is finished.</summary>
    public bool HasShard(int index) => _shards.Find(index) is not null;

    /// <summary>The samples of a finished shard.</summary>
    /// <exception cref="FoveaException">It is not finished, or cannot be read.</exception>
    public IReadOnlyList<TokenScores> ReadShard(int index) => _shards.Find(index) is { } shard
        ? ShardFile.Read(Folder, shard)
        : throw new InvalidInputException(Folder, null, $"has no shard {index}");

    /// <summary>
    /// The token budget that shard <paramref name="index"/> was begun with, else that of the closest one before it; null where none is recorded.
    /// </summary>
    public int? BudgetOf(int index) => _shards.BudgetOf(index);

    /// <summary>Records that shard <paramref name="index"/> is scored with this budget from now on.</summary>
    public void BeginShard(int index, int tokenBudget)
    {
        _shards.Begin(index, tokenBudget);
        IsComplete = false;
        WriteManifest(_shards.Entries);
    }

    /// <summary>Writes shard <paramref name="index"/>, replacing it if it is there.</summary>
    /// <param name="index">Place in the order of shards, from 0.</param>
    /// <param name="rows">1 to <see cref="MaxShardRows"/> samples in record order.</param>
    /// <param name="tokenBudget">The budget they were scored with, if any.</param>
    /// <exception cref="FoveaException">A row is inconsistent (the message names the sample), or the disk refuses.</exception>
    public void WriteShard(int index, IReadOnlyList<TokenScores> rows, int? tokenBudget = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        if (rows.Count is 0 or > MaxShardRows)
        {
            throw new ArgumentException($"a shard of {rows.Count} samples; expected 1 to {MaxShardRows}", nameof(rows));
        }

        Check(rows);
        var bytes = ShardCodec.Encode(rows);
        var entry = new ShardEntry(
            index, ShardEntry.FileOf(index), rows.Count, rows.Count(r => r.InvalidReason is not null), ContentHash.OfBytes(bytes), tokenBudget);
        _shards.Remove(index);
        IsComplete = false;
        WriteManifest(_shards.Entries.Append(entry));
        var path = Path.Combine(Folder, entry.File);
        Written(path, () => AtomicFile.Write(path, s => s.Write(bytes), _files));
        _shards.Finish(entry);
    }

    /// <summary>Writes the text of every token id, so that the store can be queried in words.</summary>
    /// <param name="texts">By id: <c>[vocab]</c>.</param>
    public void WriteTokens(IReadOnlyList<string> texts)
    {
        var bytes = TokensCodec.Encode(texts);
        var hash = ContentHash.OfBytes(bytes);
        if (_tokensSha256 == hash && TokenTexts.IsSound(Folder, hash))
        {
            return;
        }

        var path = Path.Combine(Folder, TokenTexts.FileName);
        Written(path, () => AtomicFile.Write(path, s => s.Write(bytes), _files));
        _tokensSha256 = hash;
        WriteManifest(_shards.Entries);
    }

    /// <summary>Marks the store as complete.</summary>
    /// <exception cref="FoveaException">A shard between the first and the last is missing.</exception>
    public void Complete()
    {
        if (_shards.Missing is { } missing)
        {
            throw new FoveaException($"{Folder}: {ShardEntry.FileOf(missing)} is missing; score it before completing the store");
        }

        IsComplete = true;
        WriteManifest(_shards.Entries);
    }

    /// <summary>Lets other writers open the folder.</summary>
    public void Dispose() => _lock?.Dispose();

    private static void Check(IReadOnlyList<TokenScores> rows)
    {
        try
        {
            foreach (var row in rows)
            {
                RowRules.Check(row);
            }
        }
        catch (InvalidDataException e)
        {
            throw new FoveaException(e.Message, e);
        }
    }

    private void Continue()
    {
        RemoveLeftovers();
        if (!StoreManifest.Exists(Folder))
        {
            if (Directory.EnumerateFiles(Folder, "*.parquet").FirstOrDefault() is { } stray)
            {
                throw new InvalidInputException(Folder, null,
                    $"holds {Path.GetFileName(stray)} but no {StoreManifest.FileName}; choose another folder or empty this one");
            }

            WriteManifest([]);
            return;
        }

        var manifest = StoreManifest.Read(Folder);
        StoreFolder.CheckProvenance(Folder, manifest.Provenance, _provenance);
        _tokensSha256 = manifest.TokensSha256;
        foreach (var shard in manifest.Shards)
        {
            if (ShardFile.IsSound(Folder, shard))
            {
                _shards.Finish(shard);
            }
            else if (shard.TokenBudget is { } budget)
            {
                _shards.Begin(shard.Index, budget);
            }
        }

        var grows = StoreFolder.HasGrown(manifest.Provenance, _provenance);
        var all = _shards.Finished.Count == manifest.Shards.Count;
        IsComplete = manifest.Complete && all && !grows;
        if (!all || grows)
        {
            WriteManifest(_shards.Entries);
        }
    }

    // What a killed process was writing aside.
    private void RemoveLeftovers()
    {
        foreach (var file in Directory.EnumerateFiles(Folder, ".*.tmp").Where(f => !Leftovers.IsInUse(f)))
        {
            Written(file, () => _files.Delete(file));
        }
    }

    private void WriteManifest(IEnumerable<ShardEntry> shards) => Written(
        Path.Combine(Folder, StoreManifest.FileName), () => StoreManifest.Of(_provenance, shards, _tokensSha256, IsComplete).Write(Folder, _files));

    private void Written(string path, Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FoveaException(
                $"{path}: cannot be written: {DiskError.Reason(e)}; the {_shards.Finished.Count} shards finished so far are kept", e);
        }
    }
}
