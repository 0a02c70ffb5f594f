namespace Fovea.Evaluation.Answers.Outcomes;

/// <summary>What one question adds to each metric.</summary>
/// <param name="Question">Its id, the same whatever model answered: what two files of outcomes are paired by.</param>
/// <param name="Cluster">What was sampled with it, such as its image: the unit of intervals and tests.</param>
/// <param name="Sums">By the name of a ratio metric; a metric that the question does not touch is absent; empty for a question that is unjudged.</param>
public sealed record Outcome(string Question, string Cluster, IReadOnlyDictionary<string, Fraction> Sums);

/// <summary>A numerator and a denominator, not yet divided.</summary>
public readonly record struct Fraction(double Numerator, double Denominator);

/// <summary>A metric over outcomes: a ratio of sums, or a multiple of the mean of several such ratios.</summary>
/// <param name="Name"><c>f1</c>, or with a group, <c>f1/random</c>.</param>
/// <param name="HigherIsBetter">Direction; null where there is none.</param>
public sealed record OutcomeMetric(string Name, bool? HigherIsBetter)
{
    /// <summary>The ratio metrics that it is the mean of; empty for a ratio of sums of its own.</summary>
    public IReadOnlyList<string> MeanOf { get; init; } = [];

    /// <summary>What the ratio, or the mean, is multiplied by: 1 for a fraction, another number for points.</summary>
    public double Scale { get; init; } = 1;
}
