namespace Fovea.Training.State;

/// <summary>What became of one step.</summary>
internal sealed record StepResult
{
    /// <summary>Loss in nats per unit of weight; null if the step made no update.</summary>
    public double? Loss { get; init; }

    /// <summary>Norm of all gradients before clipping; null if the step made no update.</summary>
    public double? GradientNorm { get; init; }

    /// <summary>Sum of weights, the loss's denominator.</summary>
    public double WeightSum { get; init; }

    /// <summary>Targets of weight above 0.</summary>
    public long WeightedTokens { get; init; }

    /// <summary>Tokens run through the model, image tokens included, padding left out.</summary>
    public long ForwardTokens { get; init; }

    /// <summary>Those of samples without an image.</summary>
    public long TextOnlyTokens { get; init; }

    /// <summary>Wall-clock seconds of forward, backward and update.</summary>
    public double Seconds { get; init; }

    /// <summary>What is not finite; null if all is well. Such a step made no update.</summary>
    public string? Fault { get; init; }

    /// <summary>The samples among which the fault lies.</summary>
    public IReadOnlyList<SampleKey> FaultKeys { get; init; } = [];
}
