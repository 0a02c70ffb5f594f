using Fovea.Core.Watching;
using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Scoring.Folds;
using Fovea.Store;

namespace Fovea.Scoring;

/// <summary>
/// PRIOR's scores (arXiv 2505.08971, method, 1 and 2): log-probabilities of the targets under a text-only reference, which reads the text alone.
/// Takes samples from the text-only encoder: without image placeholders, with the targets that the vision-language model is trained on.
/// </summary>
public sealed class PriorScorer : ITokenScorer
{
    private readonly IReadOnlyList<VisionLanguageModel> _references;
    private readonly FoldsFile? _folds;
    private readonly ScoringOptions _options;

    /// <summary>Scores with one reference.</summary>
    public PriorScorer(VisionLanguageModel reference, ScoringOptions options)
        : this([reference], null, options)
    {
    }

    /// <summary>Scores with cross-fitting: reference k scores fold k, which it was not trained on.</summary>
    /// <param name="references">One per fold, in the order of the folds.</param>
    /// <param name="folds">Over the corpus that is scored.</param>
    /// <param name="options">Shards, windows and batches.</param>
    /// <exception cref="FoveaException">There are fewer or more references than folds, or a reference was not trained without its fold of this very
    /// assignment.</exception>
    public PriorScorer(IReadOnlyList<FoldReference> references, FoldsFile folds, ScoringOptions options)
        : this([.. Checked(references, folds).Select(r => r.Model)], folds, options)
    {
    }

    private PriorScorer(IReadOnlyList<VisionLanguageModel> references, FoldsFile? folds, ScoringOptions options)
    {
        _references = references;
        _folds = folds;
        _options = options;
        options.Validate();
    }

    public IReadOnlyList<string> Conditions { get; } = [Core.Scores.Conditions.TextOnlyReference];

    public IReadOnlyDictionary<string, string> Describe() => new Dictionary<string, string>(_options.Describe())
    {
        ["method"] = "prior",
        ["folds"] = _folds?.Sha256 ?? "none",
    };

    public ScoringSummary Score(ScoringSource source, ScoreStoreWriter store, IProgressSink progress, CancellationToken cancellation = default) =>
        new ScoringRun<ScoringWindow>(_options, source, store, new Work(this, source)).Run(progress, cancellation);

    private ExpandedSample? Expand(TokenizedSample sample, int reference) => (_folds?.Folds.FoldOf(sample.Key) ?? 0) == reference
        ? SampleExpander.Expand(_references[reference], sample, [], _options.MaxLength ?? int.MaxValue)
        : null;

    private static IReadOnlyList<FoldReference> Checked(IReadOnlyList<FoldReference> references, FoldsFile folds)
    {
        LeftOutFold.RequireAll([.. references.Select(r => (r.Folder, r.Without))], folds);
        return references;
    }

    private sealed class Work(PriorScorer scorer, ScoringSource source) : IScoringWork<ScoringWindow>
    {
        public IReadOnlyList<string> Conditions => scorer.Conditions;

        public int ImageThreads => 1;

        public ScoringWindow Prepare(int first, int count, IReadOnlyCollection<string> wanted, CancellationToken unwanted) => new(source, first, count);

        public IReadOnlyList<TokenScores> Score(ScoringWindow window, ScoringStep step)
        {
            for (var r = 0; r < scorer._references.Count; r++)
            {
                var reference = r;
                window.Score(scorer.Conditions[0], scorer._options.Of(scorer._references[r]), step, (_, sample) => scorer.Expand(sample, reference));
            }

            return window.Finish(contextSeen: false);
        }

        public string? ImageHash(TokenizedSample sample) => null;
    }
}
