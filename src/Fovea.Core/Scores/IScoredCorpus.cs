namespace Fovea.Core.Scores;

/// <summary>The scores of a corpus that a selection reads, by condition.</summary>
public interface IScoredCorpus
{
    /// <summary>The conditions that are there.</summary>
    IReadOnlyList<string> Conditions { get; }

    /// <summary>All samples in record order, with these conditions at least; null for all.</summary>
    IEnumerable<TokenScores> Read(IReadOnlyCollection<string>? conditions);
}
