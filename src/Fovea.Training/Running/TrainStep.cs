using Fovea.Core.Samples;
using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Training.Examples;
using Fovea.Training.Objective;
using Fovea.Training.Optimization;
using TorchSharp;

namespace Fovea.Training.Running;

/// <summary>One update: forward and backward over micro-batches, then the optimiser.</summary>
internal sealed class TrainStep(VisionLanguageModel model, AdamW optimizer, int microBatchSize, double? clipNorm)
{
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

        optimizer.ZeroGradients();
        var loss = 0.0;
        foreach (var micro in active.Chunk(microBatchSize))
        {
            var part = Accumulate(micro, weightSum);
            loss += part;
            if (!double.IsFinite(part))
            {
                optimizer.ZeroGradients();
                return Faulty("loss", part, micro, weightSum);
            }
        }

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
            WeightedTokens = active.Sum(s => s.Weights.Length),
            ForwardTokens = active.Sum(s => s.Sample.InputIds.Length),
            TextOnlyTokens = active.Where(s => s.Sample.Images.Count == 0).Sum(s => s.Sample.InputIds.Length),
        };
    }

    private double Accumulate(WeightedSample[] micro, double denominator)
    {
        using var scope = torch.NewDisposeScope();
        using var batch = Collator.Collate(model, Array.ConvertAll(micro, s => s.Sample));
        var weights = torch.from_array(micro.SelectMany(s => s.Weights).ToArray()); // [targets]
        var logits = model.Logits(batch); // [targets, vocab]
        var loss = TokenObjective.Loss(logits, batch.TargetIds, weights.to(logits.device), denominator);
        var value = loss.ToDouble();
        if (double.IsFinite(value))
        {
            loss.backward();
        }

        return value;
    }

    private static StepResult Faulty(string what, double value, WeightedSample[] samples, double weightSum) =>
        new() { WeightSum = weightSum, Fault = $"{what} is {value}", FaultKeys = Array.ConvertAll(samples, s => s.Key) };
}

/// <summary>What became of one step.</summary>
internal sealed record StepResult
{
    /// <summary>Loss in nats a unit of weight; null if the step made no update.</summary>
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

    /// <summary>What is not finite; null if all is well. Such a step made no update.</summary>
    public string? Fault { get; init; }

    /// <summary>The samples among which the fault lies.</summary>
    public IReadOnlyList<SampleKey> FaultKeys { get; init; } = [];
}
