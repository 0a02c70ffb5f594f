using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Models.Targets;

namespace Fovea.Scoring;

/// <summary>What a scorer does with a few samples: first what needs no model, on another thread, then what does.</summary>
internal interface IScoringWork<TWindow>
{
    /// <summary>The conditions that it scores.</summary>
    IReadOnlyList<string> Conditions { get; }

    /// <summary>Tokenizes and loads the samples [first, first + count) of the source; works on no tensors.</summary>
    /// <param name="first">Index of the first.</param>
    /// <param name="count">How many.</param>
    /// <param name="wanted">The conditions to be scored.</param>
    /// <param name="pause">Each image is prepared through it.</param>
    TWindow Prepare(int first, int count, IReadOnlyCollection<string> wanted, CollectionPause pause);

    /// <summary>Scores them, in record order.</summary>
    IReadOnlyList<TokenScores> Score(TWindow window, ScoringStep step);

    /// <summary>Hash of a sample's image files; null where scores do not depend on them.</summary>
    string? ImageHash(TokenizedSample sample);
}

/// <summary>How the window at hand is computed.</summary>
/// <param name="TokenBudget">Most tokens of one batch.</param>
/// <param name="Around">Goes around the work on each batch.</param>
/// <param name="Stop">Looked at between batches.</param>
internal sealed record ScoringStep(int TokenBudget, Func<Func<TargetFacts[]>, TargetFacts[]> Around, CancellationToken Stop);
