using Fovea.Core.Errors;
using Fovea.Core.Scores;
using Fovea.Core.Watching;
using Fovea.Store;

namespace Fovea.Scoring;

/// <summary>The walk over shards and windows that all scorers share.</summary>
/// <param name="options">Already checked.</param>
/// <param name="source">All samples.</param>
/// <param name="store">Where shards go.</param>
/// <param name="scoreWindow">Scores the samples [first, first + count) of the source, in order.</param>
internal sealed class ScoringRun(
    ScoringOptions options, ScoringSource source, ScoreStoreWriter store, Func<int, int, CancellationToken, IReadOnlyList<TokenScores>> scoreWindow)
{
    private const string Task = "score";
    private int _invalid = store.InvalidSamples;

    public ScoringSummary Run(IProgressSink progress, CancellationToken cancellation)
    {
        var shards = (source.Count + options.ShardSamples - 1) / options.ShardSamples;
        CheckKeptShards(shards);
        var kept = store.Shards.Count;
        for (var shard = 0; shard < shards; shard++)
        {
            if (!store.HasShard(shard))
            {
                store.WriteShard(shard, ScoreShard(shard, progress, cancellation));
            }

            progress.Report(Task, shard * options.ShardSamples + RowsOf(shard), source.Count);
        }

        if (!store.IsComplete)
        {
            store.Complete();
        }

        return new ScoringSummary(source.Count, _invalid, kept, shards - kept);
    }

    private List<TokenScores> ScoreShard(int shard, IProgressSink progress, CancellationToken cancellation)
    {
        var begin = shard * options.ShardSamples;
        var end = begin + RowsOf(shard);
        var rows = new List<TokenScores>(end - begin);
        for (var first = begin; first < end; first += options.WindowSamples)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var row in scoreWindow(first, Math.Min(options.WindowSamples, end - first), cancellation))
            {
                CountInvalid(row);
                rows.Add(row);
            }

            progress.Report(Task, begin + rows.Count, source.Count);
        }

        return rows;
    }

    private int RowsOf(int shard) => Math.Min(options.ShardSamples, source.Count - (shard * options.ShardSamples));

    private void CountInvalid(TokenScores row)
    {
        if (row.InvalidReason is { } reason && ++_invalid > options.MaxInvalid)
        {
            throw new InvalidInputException(row.Key.Source, row.Key.Record,
                $"{reason} (samples that could not be scored: {_invalid}, allowed by max_invalid: {options.MaxInvalid})");
        }
    }

    private void CheckKeptShards(int shards)
    {
        foreach (var shard in store.Shards)
        {
            if (shard.Index >= shards || shard.Rows != RowsOf(shard.Index))
            {
                throw new InvalidInputException(Path.Combine(store.Folder, shard.File), null,
                    $"holds {shard.Rows} samples of another corpus or shard size; choose another folder");
            }
        }

        if (_invalid > options.MaxInvalid)
        {
            throw new FoveaException($"{store.Folder}: {_invalid} samples could not be scored, allowed by max_invalid: {options.MaxInvalid}; correct the data or raise it");
        }
    }
}
