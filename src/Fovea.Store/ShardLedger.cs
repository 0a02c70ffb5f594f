namespace Fovea.Store;

/// <summary>Which shards of a store are finished, and which are only begun and with which token budget. Not thread-safe.</summary>
internal sealed class ShardLedger
{
    private readonly SortedDictionary<int, ShardEntry> _finished = [];
    private readonly SortedDictionary<int, int> _begun = [];

    public IReadOnlyCollection<ShardEntry> Finished => _finished.Values;

    /// <summary>All of them, as a manifest lists them.</summary>
    public IEnumerable<ShardEntry> Entries => _finished.Values.Concat(_begun.Select(b => ShardEntry.Begun(b.Key, b.Value)));

    /// <summary>The first shard that is not finished before a later one, or is only begun; null if there is none.</summary>
    public int? Missing
    {
        get
        {
            var first = Enumerable.Range(0, _finished.Count).FirstOrDefault(i => !_finished.ContainsKey(i), _finished.Count);
            return first < _finished.Count || _begun.Count > 0 ? first : null;
        }
    }

    public ShardEntry? Find(int index) => _finished.GetValueOrDefault(index);

    /// <summary>The budget that a shard was begun with, else that of the closest one before it; null where none is recorded.</summary>
    public int? BudgetOf(int index)
    {
        for (var i = index; i >= 0; i--)
        {
            if (_begun.TryGetValue(i, out var begun))
            {
                return begun;
            }

            if (_finished.TryGetValue(i, out var shard))
            {
                return shard.TokenBudget;
            }
        }

        return null;
    }

    /// <summary>A shard is scored with this budget from now on.</summary>
    public void Begin(int index, int tokenBudget)
    {
        _finished.Remove(index);
        _begun[index] = tokenBudget;
    }

    /// <summary>Forgets a shard, finished or begun.</summary>
    public void Remove(int index)
    {
        _finished.Remove(index);
        _begun.Remove(index);
    }

    /// <summary>A shard is whole on the disk.</summary>
    public void Finish(ShardEntry shard)
    {
        _begun.Remove(shard.Index);
        _finished[shard.Index] = shard;
    }
}
