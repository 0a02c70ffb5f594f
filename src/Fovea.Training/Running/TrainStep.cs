using System.Diagnostics;
using Fovea.Models.Batching;
using Fovea.Models.Decoders;
using Fovea.Models.Families;
using Fovea.Torch;
using Fovea.Training.Examples;
using Fovea.Training.Memory;
using Fovea.Training.Objective;
using Fovea.Training.Optimization;
using Fovea.Training.State;
using TorchSharp;

namespace Fovea.Training.Running;

/// <summary>How a step lays its samples out and what it keeps in memory. None of it changes the loss or its gradients except in rounding.</summary>
/// <param name="MicroBatchSize">Rows per forward pass.</param>
/// <param name="PackLength">Tokens of a packed row; null for one sample per row, padded.</param>
/// <param name="MaxLogitBytes">Largest logits.</param>
/// <param name="Recompute">Gradient checkpointing by block.</param>
internal sealed record StepLayout(int MicroBatchSize, int? PackLength = null, long MaxLogitBytes = StepLayout.DefaultLogitBytes, bool Recompute = false)
{
    /// <summary>64 MiB: beyond some thousand rows of 32,000 tokens in bfloat16 a larger product is no faster.</summary>
    public const long DefaultLogitBytes = 64L << 20;
}

/// <summary>One update: forward and backward over micro-batches, then the optimiser.</summary>
/// <param name="model">What is trained, or carries the adapter that is.</param>
/// <param name="optimizer">Of the trained parameters.</param>
/// <param name="layout">How samples are laid out.</param>
/// <param name="clipNorm">Largest gradient norm; null for no clipping.</param>
/// <param name="features">Of a frozen tower; null to compute them each time.</param>
/// <param name="contrastive">What is learnt in place of the next token; null for that.</param>
internal sealed class TrainStep(DecoderModel model, AdamW optimizer, StepLayout layout, double? clipNorm, FeatureCache? features = null,
    ContrastiveObjective? contrastive = null)
{
    /// <summary>Trained parameters that the first update left without a gradient; null before it.</summary>
    public IReadOnlyList<string>? Unreached { get; private set; }

    /// <summary>Resident memory, in bytes, above which a micro-batch begins by giving freed memory back to the system; null to keep it, as is faster.</summary>
    public long? TrimAbove { get; set; }

    /// <summary>
    /// Makes one update with the loss over all samples. Samples without a weighted target are not run; if no weight is left, there is no update.
    /// </summary>
    public StepResult Run(IReadOnlyList<WeightedSample> samples, double learningRate)
    {
        var weightSum = samples.Sum(s => s.Weights.Sum(w => (double)w));
        var active = samples.Where(s => s.Weights.Length > 0).ToArray();
        if (active.Length == 0)
        {
            return new StepResult { WeightSum = weightSum };
        }

        var clock = Stopwatch.StartNew();
        optimizer.ZeroGradients();
        var loss = 0.0;
        if (contrastive is not null)
        {
            loss = contrastive.Backward(active);
            if (!double.IsFinite(loss))
            {
                optimizer.ZeroGradients();
                return Faulty("loss", loss, active, weightSum);
            }
        }

        foreach (var micro in contrastive is not null ? [] : Rows(active).Chunk(layout.MicroBatchSize))
        {
            if (ProcessMemory.Resident() > TrimAbove)
            {
                TorchRuntime.Trim();
            }

            var part = Accumulate(micro, weightSum);
            loss += part;
            if (!double.IsFinite(part))
            {
                optimizer.ZeroGradients();
                return Faulty("loss", part, [.. micro.SelectMany(r => r)], weightSum);
            }
        }

        Unreached ??= [.. optimizer.Names.Except(optimizer.NamesWithGradient())];
        var norm = optimizer.Update(learningRate, clipNorm);
        optimizer.ZeroGradients();
        if (!double.IsFinite(norm))
        {
            return Faulty("gradient norm", norm, active, weightSum);
        }

        return new StepResult
        {
            Loss = loss,
            GradientNorm = norm,
            WeightSum = weightSum,
            WeightedTokens = active.Sum(s => (long)s.Weights.Length),
            ForwardTokens = active.Sum(s => (long)s.Sample.InputIds.Length),
            TextOnlyTokens = active.Where(s => s.Sample.Images.Count == 0).Sum(s => (long)s.Sample.InputIds.Length),
            Seconds = clock.Elapsed.TotalSeconds,
        };
    }

    /// <summary>Adds the gradients of one micro-batch to the parameters' and returns its part of the loss; without gradients if that is not finite.</summary>
    internal double Accumulate(IReadOnlyList<IReadOnlyList<WeightedSample>> rows, double denominator)
    {
        using var scope = torch.NewDisposeScope();
        using var recomputation = layout.Recompute || model.Decoder.IsMixed ? new Recomputation(layout.Recompute) : null;
        using var batch = Collate(model, rows, layout.PackLength is not null);
        using var weights = Weights(rows, model.Decoder.Device);
        var hidden = model.Hidden(batch, recomputation, features?.Read([.. rows.SelectMany(r => r).SelectMany(s => s.Sample.Images)])); // [targets, hidden]
        var (loss, gradient) = ChunkedHead.Backward(model, hidden, batch.TargetIds.to(model.Decoder.Device), weights, denominator,
            ChunkedHead.Rows(model, layout.MaxLogitBytes));
        if (gradient is not null && hidden.requires_grad)
        {
            hidden.backward([gradient]);
            recomputation?.Backward();
        }

        return loss;
    }

    /// <summary>The rows of a batch: one sample each, or packed.</summary>
    internal IEnumerable<IReadOnlyList<WeightedSample>> Rows(IReadOnlyList<WeightedSample> samples) => layout.PackLength is { } length
        ? RowPacker.Pack(samples, s => s.Sample.InputIds.Length, length)
        : samples.Select(s => (IReadOnlyList<WeightedSample>)[s]);

    internal static ModelBatch Collate(DecoderModel model, IReadOnlyList<IReadOnlyList<WeightedSample>> rows, bool packed) => packed
        ? Collator.Pack(model, [.. rows.Select(r => (IReadOnlyList<ExpandedSample>)[.. r.Select(s => s.Sample)])])
        : Collator.Collate(model, [.. rows.Select(r => r[0].Sample)]);

    /// <summary>Of the batch's targets, in its order: <c>[targets]</c>.</summary>
    internal static torch.Tensor Weights(IEnumerable<IReadOnlyList<WeightedSample>> rows, torch.Device device) =>
        torch.from_array(rows.SelectMany(r => r).SelectMany(s => s.Weights).ToArray()).to(device);

    private static StepResult Faulty(string what, double value, WeightedSample[] samples, double weightSum) =>
        new() { WeightSum = weightSum, Fault = $"{what} is {value}", FaultKeys = Array.ConvertAll(samples, s => s.Key) };
}

