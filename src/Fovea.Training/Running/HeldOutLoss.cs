using Fovea.Data.Images;
using Fovea.Models.Decoders;
using Fovea.Models.Families;
using Fovea.Training.Examples;
using Fovea.Training.Objective;
using TorchSharp;

namespace Fovea.Training.Running;

/// <summary>
/// The training objective on samples that are not trained on: sum of weighted losses over sum of weights, over all of them. Computed as a step
/// computes its loss, in bfloat16 too.
/// </summary>
/// <param name="model">What to evaluate.</param>
/// <param name="set">The samples.</param>
/// <param name="preparer">Expands, cuts and weighs them.</param>
/// <param name="take">Gives one of them; null where it cannot be used.</param>
/// <param name="layout">How many at a time; they are padded.</param>
/// <param name="imageThreads">Threads that prepare the samples to come.</param>
internal sealed class HeldOutLoss(
    DecoderModel model, TrainingSet set, SamplePreparer preparer, Func<PreparedSample, WeightedSample?> take, StepLayout layout, int imageThreads = 1)
{
    /// <summary>Prepares each sample once, so that one that cannot be used is found before the first step and not after hours.</summary>
    /// <exception cref="Core.Errors.FoveaException">More samples than allowed are unusable.</exception>
    /// <param name="cancellation">Ends it early, without an error.</param>
    public void Check(CancellationToken cancellation)
    {
        foreach (var _ in Parts().TakeWhile(_ => !cancellation.IsCancellationRequested))
        {
            // Taking them is what finds faults.
        }
    }

    /// <summary>In nats per unit of weight; null if no sample has a weighted target. Draws nothing and changes nothing.</summary>
    public double? Compute()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        double sum = 0, weights = 0;
        foreach (var part in Parts())
        {
            var samples = part.Where(s => s.Weights.Length > 0).ToArray();
            if (samples.Length > 0)
            {
                sum += Sum(samples);
                weights += samples.Sum(s => s.Weights.Sum(w => (double)w));
            }
        }

        return weights > 0 ? sum / weights : null;
    }

    private IEnumerable<WeightedSample[]> Parts()
    {
        var parts = set.Examples.Chunk(layout.MicroBatchSize).ToArray();
        using var ahead = new Prefetcher<int, PreparedSample[]>(imageThreads > 0, (part, unwanted) => preparer.Prepare(parts[part], imageThreads, unwanted));
        for (var part = 0; part < parts.Length; part++)
        {
            yield return [.. ahead.Take(part, part + 1 < parts.Length ? part + 1 : null).Select(take).OfType<WeightedSample>()];
        }
    }

    private double Sum(WeightedSample[] samples)
    {
        using var scope = torch.NewDisposeScope();
        IReadOnlyList<WeightedSample>[] rows = [.. samples.Select(s => (IReadOnlyList<WeightedSample>)[s])];
        using var batch = TrainStep.Collate(model, rows, packed: false);
        using var weights = TrainStep.Weights(rows, model.Decoder.Device);
        using var blocks = model.Decoder.IsMixed ? new Recomputation(recomputes: true) : null; // of those it keeps the inputs only
        var hidden = model.Hidden(batch, blocks); // [targets, hidden]
        return ChunkedHead.Loss(model, hidden, batch.TargetIds.to(model.Decoder.Device), weights, ChunkedHead.Rows(model, layout.MaxLogitBytes));
    }
}
