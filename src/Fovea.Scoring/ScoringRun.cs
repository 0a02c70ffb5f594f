using Fovea.Core.Watching;
using Fovea.Data.Corpora;
using Fovea.Data.Images;
using Fovea.Store;

namespace Fovea.Scoring;

/// <summary>The walk over shards and windows that all scorers share. A window's images are prepared while the one before it is scored.</summary>
/// <param name="options">Already checked.</param>
/// <param name="source">All samples.</param>
/// <param name="store">Where shards go.</param>
/// <param name="work">The scorer's part.</param>
internal sealed class ScoringRun<TWindow>(ScoringOptions options, ScoringSource source, ScoreStoreWriter store, IScoringWork<TWindow> work)
{
    private const string Task = "score";
    private int _invalid = store.InvalidSamples;
    private Dictionary<int, IReadOnlyCollection<string>> _lacking = [];

    private int Shards => (source.Count + options.ShardSamples - 1) / options.ShardSamples;

    public ScoringSummary Run(IProgressSink progress, CancellationToken cancellation)
    {
        _lacking = new KeptShards(options, source, store, work.Conditions, work.ImageHash).Check(cancellation);
        var kept = store.Shards.Count - _lacking.Count;
        using var windows = new Prefetcher<(int First, int Count), TWindow>(
            work.ImageThreads > 0, (w, unwanted) => work.Prepare(w.First, w.Count, Wanted(w.First / options.ShardSamples), unwanted));
        for (var shard = 0; shard < Shards; shard++)
        {
            if (IsOpen(shard))
            {
                ScoreFitting(shard, windows, progress, cancellation);
            }

            progress.Report(Task, BeginOf(shard) + RowsOf(shard), source.Count);
        }

        if (!store.IsComplete)
        {
            store.Complete();
        }

        return new ScoringSummary(source.Count, _invalid, kept, Shards - kept);
    }

    // A shard that does not fit in memory is begun again with half the budget, which the store records; so batches depend on nothing that is not on record.
    private void ScoreFitting(int shard, Prefetcher<(int First, int Count), TWindow> windows, IProgressSink progress, CancellationToken cancellation)
    {
        var budget = store.BudgetOf(shard) ?? options.TokenBudget;
        var invalidBefore = _invalid;
        var held = _lacking.ContainsKey(shard) ? store.ReadShard(shard) : null;
        while (true)
        {
            try
            {
                var step = new ScoringStep(budget, cancellation);
                store.WriteShard(shard, ScoreShard(shard, held, windows, step, progress), budget);
                return;
            }
            catch (Exception e) when (budget > 1 && AllocationFailure.Is(e))
            {
                budget /= 2;
                _invalid = invalidBefore;
                store.BeginShard(shard, budget);
                progress.Report(Task, BeginOf(shard), source.Count,
                    $"not enough memory: scoring {ShardEntry.FileOf(shard)} again with {budget} tokens per batch");
            }
        }
    }

    private List<TokenScores> ScoreShard(
        int shard, IReadOnlyList<TokenScores>? held, Prefetcher<(int First, int Count), TWindow> windows, ScoringStep step, IProgressSink progress)
    {
        var (begin, end) = (BeginOf(shard), BeginOf(shard) + RowsOf(shard));
        var rows = new List<TokenScores>(end - begin);
        for (var first = begin; first < end; first += options.WindowSamples)
        {
            step.Stop.ThrowIfCancellationRequested();
            foreach (var scored in work.Score(windows.Take(WindowAt(first), Following(first, shard)), step))
            {
                var before = held?[rows.Count];
                var row = before is null ? scored : AddedConditions.Add(before, scored);
                if (before?.InvalidReason is null)
                {
                    CountInvalid(row);
                }

                rows.Add(row);
            }

            progress.Report(Task, begin + rows.Count, source.Count);
        }

        return rows;
    }

    private (int First, int Count) WindowAt(int first)
    {
        var shard = first / options.ShardSamples;
        return (first, Math.Min(options.WindowSamples, BeginOf(shard) + RowsOf(shard) - first));
    }

    private (int First, int Count)? Following(int first, int shard)
    {
        var next = first + options.WindowSamples;
        if (next < BeginOf(shard) + RowsOf(shard))
        {
            return WindowAt(next);
        }

        var open = Enumerable.Range(shard + 1, Shards - shard - 1).FirstOrDefault(IsOpen, -1);
        return open < 0 ? null : WindowAt(BeginOf(open));
    }

    private bool IsOpen(int shard) => !store.HasShard(shard) || _lacking.ContainsKey(shard);

    private IReadOnlyCollection<string> Wanted(int shard) => _lacking.TryGetValue(shard, out var wanted) ? wanted : work.Conditions;

    private int BeginOf(int shard) => shard * options.ShardSamples;

    private int RowsOf(int shard) => Math.Min(options.ShardSamples, source.Count - BeginOf(shard));

    private void CountInvalid(TokenScores row)
    {
        if (row.InvalidReason is { } reason && ++_invalid > options.MaxInvalid)
        {
            throw InvalidRecords.Over(new InvalidInputException(row.Key.Source, row.Key.Record, reason), _invalid, options.MaxInvalid);
        }
    }
}
