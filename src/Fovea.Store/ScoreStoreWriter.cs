using Fovea.Core.Errors;
using Fovea.Core.Files;
using Fovea.Core.Provenance;
using Fovea.Core.Scores;
using Fovea.Store.Parquet;

namespace Fovea.Store;

/// <summary>
/// Writes a score store: a folder of Parquet shards and <c>manifest.json</c>. Shards are written one by one, each atomically and in any order,
/// so that a run that stops can be continued; only one writer may have a folder open. Not thread-safe.
/// </summary>
public sealed class ScoreStoreWriter : IDisposable
{
    /// <summary>Most samples in one shard.</summary>
    public const int MaxShardRows = 512;

    private const string LockName = ".lock";
    private readonly SortedDictionary<int, ShardEntry> _shards = [];
    private readonly IReadOnlyDictionary<string, string> _provenance;
    private readonly FileStream _lock;

    private ScoreStoreWriter(string folder, IReadOnlyDictionary<string, string> provenance, FileStream exclusive)
    {
        Folder = folder;
        _provenance = provenance;
        _lock = exclusive;
    }

    /// <summary>The store's folder.</summary>
    public string Folder { get; }

    /// <summary>Whether all shards are there and <see cref="Complete"/> was called.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Samples in finished shards that could not be scored.</summary>
    public int InvalidSamples => _shards.Values.Sum(s => s.Invalid);

    /// <summary>Finished shards, in order.</summary>
    public IReadOnlyCollection<ShardEntry> Shards => _shards.Values;

    /// <summary>Starts a store, or continues one made under the same provenance: finished shards whose hash holds are kept, others are to be written again.</summary>
    /// <param name="folder">Made if it is not there.</param>
    /// <param name="provenance">All that determines the scores: model hash, tokenizer, template, corpus, dtype, proxies, versions, threads, configuration.</param>
    /// <exception cref="FoveaException">The folder holds something else, another process writes it, or a provenance field differs (named, with both values).</exception>
    public static ScoreStoreWriter Open(string folder, IReadOnlyDictionary<string, string> provenance)
    {
        Directory.CreateDirectory(folder);
        var writer = new ScoreStoreWriter(folder, provenance, Lock(folder));
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
    public bool HasShard(int index) => _shards.ContainsKey(index);

    /// <summary>Writes shard <paramref name="index"/>, replacing it if it is there.</summary>
    /// <param name="index">Place in the order of shards, from 0.</param>
    /// <param name="rows">1 to <see cref="MaxShardRows"/> samples in record order.</param>
    /// <exception cref="FoveaException">A row is inconsistent; the message names the sample.</exception>
    public void WriteShard(int index, IReadOnlyList<TokenScores> rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        if (rows.Count is 0 or > MaxShardRows)
        {
            throw new ArgumentException($"a shard of {rows.Count} samples; expected 1 to {MaxShardRows}", nameof(rows));
        }

        try
        {
            foreach (var row in rows)
            {
                ScoreRules.Check(row);
            }
        }
        catch (InvalidDataException e)
        {
            throw new FoveaException(e.Message, e);
        }

        var bytes = ShardCodec.Encode(rows);
        AtomicFile.Write(PathOf(index), s => s.Write(bytes));
        _shards[index] = new ShardEntry(
            index, ShardEntry.FileOf(index), rows.Count, rows.Count(r => r.InvalidReason is not null), ContentHash.OfBytes(bytes));
        IsComplete = false;
        WriteManifest();
    }

    /// <summary>Marks the store as complete.</summary>
    /// <exception cref="FoveaException">A shard between the first and the last is missing.</exception>
    public void Complete()
    {
        var missing = Enumerable.Range(0, _shards.Count).FirstOrDefault(i => !HasShard(i), -1);
        if (missing >= 0)
        {
            throw new FoveaException($"{Folder}: {ShardEntry.FileOf(missing)} is missing; score it before completing the store");
        }

        IsComplete = true;
        WriteManifest();
    }

    /// <summary>Lets other writers open the folder.</summary>
    public void Dispose() => _lock.Dispose();

    private static FileStream Lock(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new FoveaException($"{folder}: another process is writing this score store ({e.Message}); wait for it or choose another folder", e);
        }
    }

    private void Continue()
    {
        if (!StoreManifest.Exists(Folder))
        {
            if (Directory.EnumerateFiles(Folder, "*.parquet").FirstOrDefault() is { } stray)
            {
                throw new InvalidInputException(Folder, null,
                    $"holds {Path.GetFileName(stray)} but no {StoreManifest.FileName}; choose another folder or empty this one");
            }

            WriteManifest();
            return;
        }

        var manifest = StoreManifest.Read(Folder);
        CheckProvenance(manifest.Provenance);
        foreach (var shard in manifest.Shards.Where(IsSound))
        {
            _shards[shard.Index] = shard;
        }

        IsComplete = manifest.Complete && _shards.Count == manifest.Shards.Count;
        if (_shards.Count != manifest.Shards.Count)
        {
            WriteManifest();
        }
    }

    private void CheckProvenance(IReadOnlyDictionary<string, string> old)
    {
        const string None = "(none)";
        foreach (var field in old.Keys.Union(_provenance.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var was = old.GetValueOrDefault(field, None);
            var now = _provenance.GetValueOrDefault(field, None);
            if (!string.Equals(was, now, StringComparison.Ordinal))
            {
                throw new FoveaException(
                    $"{Folder}: scores were made with {field} = {was}, this run has {field} = {now}; choose another folder or score with the old value");
            }
        }
    }

    private bool IsSound(ShardEntry shard) =>
        File.Exists(PathOf(shard.Index)) && ContentHash.OfFile(PathOf(shard.Index)) == shard.Sha256;

    private string PathOf(int index) => Path.Combine(Folder, ShardEntry.FileOf(index));

    private void WriteManifest() => StoreManifest.Of(_provenance, _shards.Values, IsComplete).Write(Folder);
}
