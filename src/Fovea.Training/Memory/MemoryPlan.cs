using System.Text.Json.Serialization;
using Fovea.Torch;
using Fovea.Training.Options;

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

    /// <summary>The copy that is written to disk while training continues.</summary>
    public required long CheckpointCopy { get; init; }

    /// <summary>What else the process holds: the runtime, libtorch, the corpus.</summary>
    public required long Process { get; init; }

    /// <summary>The most that was resident before the first step, such as while the model was read.</summary>
    public required long PeakBefore { get; init; }

    /// <summary>Expected peak of resident memory.</summary>
    [JsonInclude]
    public long Peak => Math.Max(PeakBefore, Process + Weights + Gradients + Optimizer + Activations + Logits + CheckpointCopy);

    /// <summary>What is allocated beside the model: before the first step the optimizer's state and the moving average, in it the rest.</summary>
    private long Growth => Optimizer + Gradients + Activations + Logits + CheckpointCopy + MemoryPlanner.FirstStepBytes;

    /// <summary>Refuses a plan that exceeds what there is.</summary>
    /// <param name="options">Whose keys the message names.</param>
    /// <param name="limit">Of all memory; null for none.</param>
    /// <param name="growth">Of what is allocated beside the model; null for none.</param>
    /// <exception cref="FoveaException">One line: planned, available, what to lower.</exception>
    internal void Require(TrainingOptions options, MemoryLimit? limit, MemoryLimit? growth)
    {
        MemoryLimits.Require("memory plan: the run takes", Peak, limit, Advice(options));
        MemoryLimits.Require("memory plan: beside the model the run takes another", Growth, growth, Advice(options));
    }

    /// <summary>What makes the largest part smaller.</summary>
    private string Advice(TrainingOptions options)
    {
        var rows = options.MicroBatchSize ?? options.BatchSize;
        var model = Weights + Gradients + Optimizer + CheckpointCopy;
        if (Math.Max(model, Process) >= Math.Max(Activations, Logits))
        {
            return model >= Process ? "train a smaller model, freeze a part of it (training.frozen), or train an adapter (lora)"
                : "use fewer samples, or a smaller model";
        }

        return Logits > Activations ? $"lower training.max_logits_mib (now {options.MaxLogitsMib})"
            : rows > 1 ? $"lower training.{(options.MicroBatchSize is null ? "batch_size, or give training.micro_batch_size below it" : "micro_batch_size")} "
                + $"(now {rows})"
            : options.GradientCheckpointing ? $"lower training.{(options.Packing ? "pack_length" : "max_length")}"
            : $"set training.gradient_checkpointing=true, or lower training.{(options.Packing ? "pack_length" : "max_length")}";
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant(
        $"memory plan: weights {Weights / Mib:F0} MiB, gradients {Gradients / Mib:F0}, optimizer {Optimizer / Mib:F0}, activations {Activations / Mib:F0}, logits {Logits / Mib:F0}, checkpoint copy {CheckpointCopy / Mib:F0}, process {Process / Mib:F0}; peak {Peak / Mib:F0} MiB");
}
