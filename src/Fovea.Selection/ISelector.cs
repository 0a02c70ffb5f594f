namespace Fovea.Selection;

/// <summary>A method that turns scores into training weights. Pure: the same scores and options give the same weights.</summary>
public interface ISelector
{
    /// <summary>How its weights are meant.</summary>
    WeightNormalization Normalization { get; }

    /// <summary>Whether it may weigh the tokens of a kept sample apart; a method that only keeps and drops samples does not.</summary>
    bool WeighsTokens { get; }

    /// <summary>The conditions it reads; a store need not decode others.</summary>
    IReadOnlyCollection<string> Conditions { get; }

    /// <summary>What it reads of them beside their log-probabilities; a store need not decode the rest.</summary>
    ScoreFacts Facts => ScoreFacts.All;

    /// <summary>What the method and its options are, by field; goes into the weights file.</summary>
    IReadOnlyDictionary<string, string> Describe();

    /// <summary>Looks at all scores as often as it must: thresholds, counts, draws.</summary>
    /// <param name="scores">All samples of the corpus in record order; enumerated none to four times, and never held as a whole.</param>
    /// <exception cref="Core.Errors.FoveaException">A sample lacks a condition the method needs, or the options cannot be met.</exception>
    ISelection Fit(IEnumerable<TokenScores> scores);
}

/// <summary>A method that has seen all scores. Not thread-safe.</summary>
public interface ISelection
{
    /// <summary>The threshold on samples in nats; null where the method has none, or there was nothing to rank.</summary>
    double? Tau { get; }

    /// <summary>The threshold on tokens in nats; null where the method has none.</summary>
    double? TokenTau { get; }

    /// <summary>
    /// Decides on one sample that has an image and could be scored: called once for each of them, in record order. All others are
    /// treated alike by every method.
    /// </summary>
    Decision Decide(TokenScores sample);
}

/// <summary>What becomes of a sample: dropped with a reason, or kept with weights <c>[targets]</c>; null weights mean one each.</summary>
public readonly record struct Decision
{
    /// <summary>Why it is dropped; null where it is kept.</summary>
    public string? DropReason { get; private init; }

    /// <summary>Of a kept sample.</summary>
    public float[]? Weights { get; private init; }

    /// <summary>Keeps it.</summary>
    public static Decision Keep(float[]? weights) => new() { Weights = weights };

    /// <summary>Drops it.</summary>
    public static Decision Drop(string reason) => new() { DropReason = reason };
}

/// <summary>What a selector decided, all rows in memory.</summary>
/// <param name="Weights">One row a sample, in the order of the scores.</param>
/// <param name="Normalization">How the weights are meant.</param>
/// <param name="Report">What was kept, in numbers.</param>
/// <param name="Metadata">Method, options and report, by field: what <c>WeightsFile.Write</c> takes.</param>
public sealed record SelectionResult(
    IReadOnlyList<TokenWeights> Weights, WeightNormalization Normalization, SelectionReport Report, IReadOnlyDictionary<string, string> Metadata);
