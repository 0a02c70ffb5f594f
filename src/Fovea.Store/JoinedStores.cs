namespace Fovea.Store;

/// <summary>Score stores of one corpus, read as one; for work that computes on no tensors meanwhile.</summary>
public sealed class JoinedStores : IScoredCorpus
{
    /// <summary>Stands before the conditions of the reference store.</summary>
    public const string ReferencePrefix = "reference:";

    private readonly List<ScoreStoreReader> _stores;
    private readonly List<string[]> _held;
    private readonly ScoreStoreReader? _reference;
    private readonly IReadOnlyDictionary<string, string>? _renames;
    private readonly CancellationToken _stop;

    /// <summary>Opens them; reading ends when <paramref name="stop"/> is cancelled.</summary>
    /// <param name="folders">The stores.</param>
    /// <param name="reference">The reference model's, if any.</param>
    /// <param name="renames">Names of corpus files in the stores to those that the samples are to have; null for none.</param>
    /// <param name="stop">Ends reading.</param>
    /// <exception cref="FoveaException">One is no store, not complete or damaged; or a renamed file is in none of them, or gets the name of
    /// another.</exception>
    public JoinedStores(IReadOnlyList<string> folders, string? reference, IReadOnlyDictionary<string, string>? renames = null, CancellationToken stop = default)
    {
        (_renames, _stop) = (renames, stop);
        if (folders.Count == 0)
        {
            throw new UsageException("--scores: expected at least one score store");
        }

        _stores = [.. folders.Select(s => ScoreStoreReader.Open(s))];
        _reference = reference is null ? null : ScoreStoreReader.Open(reference);
        RequireRenamed();
        _held = [.. _stores.Select(Held)];
        Conditions = [.. _held.SelectMany(c => c), .. _reference is null ? [] : Held(_reference).Select(c => ReferencePrefix + c)];
        if (Conditions.GroupBy(c => c).FirstOrDefault(g => g.Count() > 1) is { Key: var twice })
        {
            throw new FoveaException($"--scores: two of the score stores hold the condition {twice}; give each condition once");
        }
    }

    /// <summary>The conditions of all stores, each as its first scored sample has them.</summary>
    public IReadOnlyList<string> Conditions { get; }

    /// <summary>How the scores were made, by store and field.</summary>
    public IReadOnlyDictionary<string, string> Provenance => _stores.Append(_reference).OfType<ScoreStoreReader>()
        .SelectMany((s, i) => s.Provenance.Select(p => KeyValuePair.Create($"scores[{i}].{p.Key}", p.Value))).ToDictionary();

    /// <summary>All samples, with these conditions; null for all.</summary>
    public IEnumerable<TokenScores> Read(IReadOnlyCollection<string>? conditions) => Read(conditions, ScoreFacts.All);

    /// <summary>The same, with these facts beside their log-probabilities.</summary>
    public IEnumerable<TokenScores> Read(IReadOnlyCollection<string>? conditions, ScoreFacts facts)
    {
        // A store without any of them would read as one in which nothing was scored.
        var needed = _stores.Where((_, i) => conditions is null || _held[i].Any(conditions.Contains)).DefaultIfEmpty(_stores[0]).ToList();
        var rows = needed.Skip(1).Aggregate(Rows(needed[0], conditions, facts), (joined, other) => ScoreJoin.Join(joined, Rows(other, conditions, facts)));
        return UntilStopped(_reference is null ? rows : ScoreJoin.Join(rows, Rows(_reference, OfReference(conditions), facts), prefix: ReferencePrefix));
    }

    /// <summary>The keys of all samples, in record order.</summary>
    /// <exception cref="FoveaException">A shard cannot be read (named).</exception>
    public IEnumerable<SampleKey> ReadKeys() => _stores[0].ReadKeys()
        .Select(k => _renames?.GetValueOrDefault(k.Source) is { } name ? k with { Source = name } : k);

    /// <summary>Rows of a VIG store with a PRIOR store's conditions, held to the corpus that they are read beside.</summary>
    /// <param name="samples">The corpus, tokenized with images as VIG saw it.</param>
    /// <param name="vigStore">Folder of the VIG store.</param>
    /// <param name="priorStore">Folder of the PRIOR store.</param>
    /// <exception cref="FoveaException">A row is not of this corpus, or was scored under another tokenizer, template or text.</exception>
    public static IReadOnlyList<TokenScores> ReadBeside(IReadOnlyList<TokenizedSample> samples, string vigStore, string priorStore)
    {
        var byKey = samples.ToDictionary(s => s.Key);
        var rows = ScoreJoin.Join(ScoreStoreReader.Open(vigStore).Read(), ScoreStoreReader.Open(priorStore).Read()).ToList();
        foreach (var row in rows)
        {
            if ((byKey.TryGetValue(row.Key, out var now) ? row.Mismatch(now) : "no such record") is { } mismatch)
            {
                throw new InvalidInputException(row.Key.Source, row.Key.Record, $"differs from what {vigStore} was scored with ({mismatch}); score it again");
            }
        }

        return rows;
    }

    // A wrong name would change nothing, and say so only when weights are trained on, if at all.
    private void RequireRenamed()
    {
        if (_renames is not { Count: > 0 } renames)
        {
            return;
        }

        IReadOnlySet<string>[] held = [.. _stores.Append(_reference).OfType<ScoreStoreReader>().Select(s => s.ReadSources())];
        var all = held.SelectMany(h => h).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        foreach (var (old, name) in renames)
        {
            if (!all.Contains(old))
            {
                throw new UsageException($"--rename {old}={name}: the score stores hold no sample of {old}; they "
                    + $"hold {(all.Length == 0 ? "none" : $"those of {string.Join(", ", all)}")}");
            }

            if (held.Any(h => h.Contains(old) && h.Count(s => renames.GetValueOrDefault(s, s) == name) > 1))
            {
                throw new UsageException($"--rename {old}={name}: the score stores hold samples of another file that would be called {name} too");
            }
        }
    }

    private IEnumerable<TokenScores> UntilStopped(IEnumerable<TokenScores> rows)
    {
        foreach (var row in rows)
        {
            _stop.ThrowIfCancellationRequested();
            yield return row;
        }
    }

    private IEnumerable<TokenScores> Rows(ScoreStoreReader store, IReadOnlyCollection<string>? conditions, ScoreFacts facts) => _renames is not { Count: > 0 } renames
        ? store.ReadAhead(conditions, facts)
        : store.ReadAhead(conditions, facts).Select(r => renames.TryGetValue(r.Key.Source, out var name) ? r with { Key = r.Key with { Source = name } } : r);

    private static string[] Held(ScoreStoreReader store)
    {
        var first = store.ReadAhead().FirstOrDefault(s => s.LogProbs.Count > 0);
        return first is { ContextFingerprint: null, ConversationFingerprint: null }
            ? throw new InvalidInputException(store.Folder, null,
                "scored by an earlier version: its scores do not say which questions they saw; score the corpus again into another folder")
            : first?.LogProbs.Keys.ToArray() ?? [];
    }

    private static string[]? OfReference(IReadOnlyCollection<string>? conditions) => conditions?
        .Where(c => c.StartsWith(ReferencePrefix, StringComparison.Ordinal)).Select(c => c[ReferencePrefix.Length..]).ToArray();
}
