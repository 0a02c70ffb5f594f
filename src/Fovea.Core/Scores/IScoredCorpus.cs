namespace Fovea.Core.Scores;

/// <summary>The scores of a corpus that a selection reads, by condition.</summary>
public interface IScoredCorpus
{
    /// <summary>The conditions that are there.</summary>
    IReadOnlyList<string> Conditions { get; }

    /// <summary>All samples in record order, with these conditions at least; null for all.</summary>
    IEnumerable<TokenScores> Read(IReadOnlyCollection<string>? conditions);

    /// <summary>The same, with these facts at least of what is stored beside their log-probabilities.</summary>
    IEnumerable<TokenScores> Read(IReadOnlyCollection<string>? conditions, ScoreFacts facts) => Read(conditions);
}

/// <summary>What a store may hold of a condition beside its log-probabilities.</summary>
[Flags]
public enum ScoreFacts
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Whether targets are the likeliest tokens.</summary>
    TopOne = 1,

    /// <summary>Entropies.</summary>
    Entropy = 2,

    /// <summary>Raw logits.</summary>
    Logits = 4,

    /// <summary>Divergences from the prediction with the image.</summary>
    Divergence = 8,

    /// <summary>All of it.</summary>
    All = TopOne | Entropy | Logits | Divergence,
}
