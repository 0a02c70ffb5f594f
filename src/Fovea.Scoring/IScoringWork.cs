namespace Fovea.Scoring;

/// <summary>What a scorer does with a few samples: first what needs no model, on another thread, then what does.</summary>
internal interface IScoringWork<TWindow>
{
    /// <summary>The conditions that it scores.</summary>
    IReadOnlyList<string> Conditions { get; }

    /// <summary>Threads that prepare a window while another is scored; 0 to prepare it when its turn comes.</summary>
    int ImageThreads { get; }

    /// <summary>Tokenizes and loads the samples [first, first + count) of the source; works on no tensors.</summary>
    /// <param name="first">Index of the first.</param>
    /// <param name="count">How many.</param>
    /// <param name="wanted">The conditions to be scored.</param>
    /// <param name="unwanted">Ends it early.</param>
    TWindow Prepare(int first, int count, IReadOnlyCollection<string> wanted, CancellationToken unwanted);

    /// <summary>Scores them, in record order.</summary>
    IReadOnlyList<TokenScores> Score(TWindow window, ScoringStep step);

    /// <summary>Hash of a sample's image files; null where scores do not depend on them.</summary>
    string? ImageHash(TokenizedSample sample);
}

/// <summary>How the window at hand is computed.</summary>
/// <param name="TokenBudget">Most tokens of one batch.</param>
/// <param name="Stop">Looked at between batches.</param>
internal sealed record ScoringStep(int TokenBudget, CancellationToken Stop);
