using Fovea.Models.Decoders;
using Fovea.Models.Families;
using Fovea.Training.Examples;
using Fovea.Training.Objective;
using TorchSharp;

namespace Fovea.Training.Running;

/// <summary>
/// The training objective on samples that are not trained on: sum of weighted losses over sum of weights, over all of them. Computed as a step computes its loss, in bfloat16 too.
/// </summary>
/// <param name="model">What to evaluate.</param>
/// <param name="set">The samples.</param>
/// <param name="prepare">Expands, cuts and weighs one of them; null where it cannot be used.</param>
/// <param name="layout">How many at a time; they are padded.</param>
internal sealed class HeldOutLoss(DecoderModel model, TrainingSet set, Func<TrainingExample, WeightedSample?> prepare, StepLayout layout)
{
    /// <summary>Prepares each sample once, so that one that cannot be used is found before the first step and not after hours.</summary>
    /// <exception cref="Core.Errors.FoveaException">More samples than allowed are unusable.</exception>
    /// <param name="cancellation">Ends it early, without an error.</param>
    public void Check(CancellationToken cancellation)
    {
        foreach (var example in set.Examples.TakeWhile(_ => !cancellation.IsCancellationRequested))
        {
            _ = prepare(example);
        }
    }

    /// <summary>In nats per unit of weight; null if no sample has a weighted target. Draws nothing and changes nothing.</summary>
    public double? Compute()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        double sum = 0, weights = 0;
        foreach (var part in set.Examples.Chunk(layout.MicroBatchSize))
        {
            var samples = part.Select(prepare).OfType<WeightedSample>().Where(s => s.Weights.Length > 0).ToArray();
            if (samples.Length > 0)
            {
                sum += Sum(samples);
                weights += samples.Sum(s => s.Weights.Sum(w => (double)w));
            }
        }

        return weights > 0 ? sum / weights : null;
    }

    private double Sum(WeightedSample[] samples)
    {
        using var scope = torch.NewDisposeScope();
        IReadOnlyList<WeightedSample>[] rows = [.. samples.Select(s => (IReadOnlyList<WeightedSample>)[s])];
        using var batch = TrainStep.Lay(model, rows, packed: false);
        using var weights = TrainStep.Weights(rows, model.Decoder.Device);
        using var blocks = model.Decoder.IsMixed ? new Recomputation(recomputes: true) : null; // of those it keeps the inputs only
        var hidden = model.Hidden(batch, blocks); // [targets, hidden]
        return ChunkedHead.Loss(model, hidden, batch.TargetIds.to(model.Decoder.Device), weights, ChunkedHead.Rows(model, layout.MaxLogitBytes));
    }
}
