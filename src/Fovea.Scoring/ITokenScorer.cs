using Fovea.Core.Watching;
using Fovea.Store;

namespace Fovea.Scoring;

/// <summary>Scores a corpus into a store.</summary>
public interface ITokenScorer
{
    /// <summary>The conditions it writes.</summary>
    IReadOnlyList<string> Conditions { get; }

    /// <summary>What determines the scores, by field, as far as the scorer knows: the caller adds model, tokenizer, template and corpus.</summary>
    IReadOnlyDictionary<string, string> Describe();

    /// <summary>
    /// Scores what <paramref name="store"/> does not hold yet, shard by shard, and completes it. Text-only samples are listed and not scored.
    /// </summary>
    /// <param name="source">All samples of the corpus.</param>
    /// <param name="store">Opened under the same corpus, model and options when it is continued.</param>
    /// <param name="progress">Told after each window, in samples.</param>
    /// <param name="cancellation">Looked at between batches; finished shards stay and the run can be continued.</param>
    /// <exception cref="Core.Errors.FoveaException">More samples than allowed could not be scored, or the store belongs to another corpus.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    ScoringSummary Score(ScoringSource source, ScoreStoreWriter store, IProgressSink progress, CancellationToken cancellation = default);
}

/// <summary>What a scoring run did.</summary>
/// <param name="Samples">Samples in the store.</param>
/// <param name="Invalid">Those that could not be scored.</param>
/// <param name="ShardsKept">Shards found finished.</param>
/// <param name="ShardsWritten">Shards scored by this run.</param>
public sealed record ScoringSummary(int Samples, int Invalid, int ShardsKept, int ShardsWritten);
