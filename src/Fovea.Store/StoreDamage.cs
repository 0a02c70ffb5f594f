namespace Fovea.Store;

/// <summary>What is wrong with a store, as lines that name the file: damaged shards, and shards that are whole and yet not those of one scoring run.</summary>
internal static class StoreDamage
{
    /// <summary>Reads the whole store.</summary>
    /// <exception cref="FoveaException">Not a score store.</exception>
    public static IEnumerable<string> Find(string folder)
    {
        var manifest = StoreManifest.Read(folder);
        var path = Path.Combine(folder, StoreManifest.FileName);
        if (manifest.Provenance.Count == 0)
        {
            yield return $"{path}: does not say how the scores were made (provenance is empty); score into another folder";
        }

        if (manifest is { Complete: true, Shards.Count: 0 })
        {
            yield return $"{path}: the store is said to be complete and holds no shard; run the scoring again";
        }

        var (order, shards) = (new RecordOrder(), ScoreStoreReader.Finished(folder, manifest));
        foreach (var gap in manifest.Complete ? Gaps(shards) : [])
        {
            yield return $"{path}: {gap}";
        }

        foreach (var shard in shards)
        {
            foreach (var line in In(folder, shard, order))
            {
                yield return line;
            }
        }

        if (manifest.TokensSha256 is { } tokens && !TokenTexts.IsSound(folder, tokens))
        {
            yield return $"{Path.Combine(folder, TokenTexts.FileName)}: missing, torn or altered; run the scoring again to write it";
        }
    }

    /// <summary>Shards that are missing between others of a complete store: one line for a gap, however wide, since the indices are whatever the file says.</summary>
    public static IEnumerable<string> Gaps(IEnumerable<ShardEntry> shards)
    {
        var last = -1;
        foreach (var shard in shards)
        {
            if (shard.Index - last > 1)
            {
                var (from, to) = (ShardEntry.FileOf(last + 1), ShardEntry.FileOf(shard.Index - 1));
                yield return from == to
                    ? $"{from} is missing from the list of shards, and its samples with it; run the scoring again"
                    : $"{from} to {to} are missing from the list of shards, and their samples with them; run the scoring again";
            }

            last = shard.Index;
        }
    }

    /// <summary>What is wrong with one shard by itself; null if nothing is.</summary>
    public static string? Of(string folder, ShardEntry shard) => Read(folder, shard).Damage;

    private static IEnumerable<string> In(string folder, ShardEntry shard, RecordOrder order)
    {
        var (rows, damage) = Read(folder, shard);
        if (damage is not null)
        {
            return [damage];
        }

        var invalid = rows.Count(r => r.InvalidReason is not null);
        string?[] found =
        [
            rows.Length > 0 ? null : "holds no samples",
            invalid == shard.Invalid ? null : $"{invalid} invalid samples; the manifest says {shard.Invalid}",
            order.Follow(rows),
        ];
        return found.OfType<string>().Select(f => ShardFile.Damaged(folder, shard, f).Message);
    }

    private static (TokenScores[] Rows, string? Damage) Read(string folder, ShardEntry shard)
    {
        try
        {
            return ShardFile.Damage(folder, shard) is { } damage
                ? ([], ShardFile.Damaged(folder, shard, damage).Message)
                : (ShardFile.Read(folder, shard), null);
        }
        catch (FoveaException e)
        {
            return ([], e.Message);
        }
    }

    /// <summary>Samples come in the order of their files, and within a file in that of their records.</summary>
    private sealed class RecordOrder
    {
        private readonly HashSet<string> _ended = new(StringComparer.Ordinal);
        private SampleKey? _last;

        /// <summary>The first sample out of order, in words; null if there is none.</summary>
        public string? Follow(TokenScores[] rows)
        {
            string? found = null;
            foreach (var key in rows.Select(r => r.Key))
            {
                if (_last is { } last && key.Source != last.Source)
                {
                    _ended.Add(last.Source);
                }

                if (_ended.Contains(key.Source) || (_last is { } before && key.Source == before.Source && key.Record <= before.Record))
                {
                    found ??= $"{key} comes after {_last}: the samples are not in the order of their records";
                }

                _last = key;
            }

            return found;
        }
    }
}
