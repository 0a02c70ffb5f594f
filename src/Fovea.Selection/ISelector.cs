using Fovea.Core.Scores;

namespace Fovea.Selection;

/// <summary>Turns scores into training weights for every sample of the corpus. Pure: the same scores and options give the same weights.</summary>
public interface ISelector
{
    /// <summary>What the method and its options are, by field; goes into the weights file.</summary>
    IReadOnlyDictionary<string, string> Describe();

    /// <summary>Selects.</summary>
    /// <param name="scores">All samples of the corpus in record order; enumerated once or twice, and never held as a whole.</param>
    /// <exception cref="Core.Errors.FoveaException">A sample lacks a condition the method needs, or the options cannot be met.</exception>
    SelectionResult Apply(IEnumerable<TokenScores> scores);
}

/// <summary>What a selector decided.</summary>
/// <param name="Weights">One row a sample, in the order of the scores.</param>
/// <param name="Normalization">How the weights are meant.</param>
/// <param name="Report">What was kept, in numbers.</param>
/// <param name="Metadata">Method, options and report, by field: what <c>WeightsFile.Write</c> takes.</param>
public sealed record SelectionResult(
    IReadOnlyList<TokenWeights> Weights, WeightNormalization Normalization, SelectionReport Report, IReadOnlyDictionary<string, string> Metadata);
