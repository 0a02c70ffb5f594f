using System.Text.Json.Serialization;

namespace Fovea.Training.Memory;

/// <summary>Where a training run's memory goes, in bytes, estimated before the first step.</summary>
public sealed record MemoryPlan
{
    private const double Mib = 1 << 20;

    /// <summary>Parameters, float32.</summary>
    public required long Weights { get; init; }

    /// <summary>Gradients of the trained parameters, float32.</summary>
    public required long Gradients { get; init; }

    /// <summary>AdamW's two moments, and the moving average if there is one.</summary>
    public required long Optimizer { get; init; }

    /// <summary>What the backward pass of one micro-batch needs from its forward pass.</summary>
    public required long Activations { get; init; }

    /// <summary>Logits of one piece of the head, and what their gradient takes.</summary>
    public required long Logits { get; init; }

    /// <summary>The copy that is written to disk while training goes on.</summary>
    public required long CheckpointCopy { get; init; }

    /// <summary>What else the process holds: the runtime, libtorch, the corpus.</summary>
    public required long Process { get; init; }

    /// <summary>The most that was resident before the first step, such as while the model was read.</summary>
    public required long PeakBefore { get; init; }

    /// <summary>Expected peak of resident memory.</summary>
    [JsonInclude]
    public long Peak => Math.Max(PeakBefore, Process + Weights + Gradients + Optimizer + Activations + Logits + CheckpointCopy);

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant(
        $"memory plan: weights {Weights / Mib:F0} MiB, gradients {Gradients / Mib:F0}, optimizer {Optimizer / Mib:F0}, activations {Activations / Mib:F0}, logits {Logits / Mib:F0}, checkpoint copy {CheckpointCopy / Mib:F0}, process {Process / Mib:F0}; peak {Peak / Mib:F0} MiB");
}
