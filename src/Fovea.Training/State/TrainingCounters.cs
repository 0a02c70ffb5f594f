using Fovea.Training.Examples;

namespace Fovea.Training.State;

/// <summary>Sums over steps. A sample that is seen twice counts twice.</summary>
public sealed record TrainingCounters
{
    /// <summary>Samples seen, unusable ones left out.</summary>
    public long Samples { get; init; }

    /// <summary>Targets left by the length limit.</summary>
    public long SupervisedTokens { get; init; }

    /// <summary>Targets of weight above 0: those that the loss saw.</summary>
    public long WeightedTokens { get; init; }

    /// <summary>Tokens run through the model, image tokens included, padding left out.</summary>
    public long ForwardTokens { get; init; }

    /// <summary>The part of <see cref="ForwardTokens"/> that belongs to samples without an image.</summary>
    public long TextOnlyTokens { get; init; }

    /// <summary>Steps without any weight, which made no update.</summary>
    public long SkippedSteps { get; init; }

    /// <summary>
    /// Samples that could not be used: the length limit leaves them without a target or with a cut image, or an image cannot be decoded. Each keeps its place
    /// in its batch, without weight.
    /// </summary>
    public long UnusableSamples { get; init; }

    /// <summary>Steps whose loss lay far above the recent ones.</summary>
    public long LossSpikes { get; init; }

    /// <summary>Sum of weight * negative log-likelihood, in nats.</summary>
    public double WeightedLossSum { get; init; }

    /// <summary>Sum of weights.</summary>
    public double WeightSum { get; init; }

    /// <summary>These sums and one more step's.</summary>
    internal TrainingCounters Add(IReadOnlyCollection<WeightedSample> samples, StepResult result) => this with
    {
        Samples = Samples + samples.Count,
        SupervisedTokens = SupervisedTokens + samples.Sum(s => (long)s.SupervisedTokens),
        WeightedTokens = WeightedTokens + result.WeightedTokens,
        ForwardTokens = ForwardTokens + result.ForwardTokens,
        TextOnlyTokens = TextOnlyTokens + result.TextOnlyTokens,
        SkippedSteps = SkippedSteps + (result.Loss is null ? 1 : 0),
        WeightedLossSum = WeightedLossSum + ((result.Loss ?? 0) * result.WeightSum),
        WeightSum = WeightSum + result.WeightSum,
    };
}
