using System.Runtime.ExceptionServices;
using Fovea.Data.Corpora;
using Fovea.Data.Images;
using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Store;

namespace Fovea.Training.Examples;

/// <summary>
/// A sample ready for the loss. Targets of weight 0 are left out, since they change neither loss nor gradient and cost a row of the head;
/// so is all that follows the last weighted target, which a causal model's loss cannot depend on.
/// </summary>
/// <param name="Key">Which sample.</param>
/// <param name="Sample">Expanded and cut; its targets are those of weight above 0.</param>
/// <param name="Weights">Of those targets: <c>[targets]</c>.</param>
/// <param name="SupervisedTokens">Targets left by the length limit, those of weight 0 included.</param>
internal sealed record WeightedSample(SampleKey Key, ExpandedSample Sample, float[] Weights, int SupervisedTokens)
{
    /// <summary>Leaves out the targets of weight 0.</summary>
    /// <param name="key">Which sample.</param>
    /// <param name="sample">Expanded and cut.</param>
    /// <param name="weights">Of all its targets, finite and not negative; null for one each.</param>
    public static WeightedSample Create(SampleKey key, ExpandedSample sample, float[]? weights)
    {
        var targets = sample.TargetIndices;
        if (weights is null)
        {
            weights = new float[targets.Length];
            Array.Fill(weights, 1f);
        }

        if (Array.IndexOf(weights, 0f) < 0)
        {
            return new WeightedSample(key, sample.CutAfterLastTarget(), weights, targets.Length);
        }

        var kept = Enumerable.Range(0, targets.Length).Where(i => weights[i] != 0).ToArray();
        var weighted = sample with { TargetIndices = Array.ConvertAll(kept, i => targets[i]) };
        return new WeightedSample(key, weighted.CutAfterLastTarget(), Array.ConvertAll(kept, i => weights[i]), targets.Length);
    }
}

/// <summary>Why a sample cannot be trained on.</summary>
/// <param name="Error">With file and record.</param>
internal sealed record SampleFault(InvalidInputException Error)
{
    /// <summary>Whether the length limit leaves nothing of it: that is what was asked for, and no fault of the data.</summary>
    public bool IsByLength => InvalidRecords.NameOf(Error.Reason) is "no_target" or "image_cut";
}

/// <summary>An example with what became of it: a sample, or what is wrong with it, or why the run cannot continue.</summary>
internal sealed record PreparedSample(TrainingExample Example, WeightedSample? Sample, SampleFault? Fault, ExceptionDispatchInfo? Failure);

/// <summary>Loads images, expands, cuts and weighs samples for a model. Thread-safe, and works on no tensors.</summary>
internal sealed class SamplePreparer(VisionLanguageModel model, ImageLoader? images, int? maxLength, WeightNormalization normalization)
{
    /// <summary>
    /// Prepares examples on some threads, each on its own; how many changes nothing in what comes out. Fails in nothing: failures
    /// are handed over in their places.
    /// </summary>
    /// <param name="examples">Which.</param>
    /// <param name="threads">How many; 0 for the caller's own.</param>
    /// <param name="unwanted">Ends it early, with an <see cref="OperationCanceledException"/>.</param>
    public PreparedSample[] Prepare(IReadOnlyList<TrainingExample> examples, int threads, CancellationToken unwanted = default)
    {
        var prepared = new PreparedSample[examples.Count];
        Parallel.For(0, prepared.Length, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, threads), CancellationToken = unwanted },
            i => prepared[i] = Outcome(examples[i]));
        return prepared;
    }

    private PreparedSample Outcome(TrainingExample example)
    {
        try
        {
            return new PreparedSample(example, Prepare(example, out var fault), fault, null);
        }
        catch (Exception e) // thrown again where the sample is taken, after those before it
        {
            return new PreparedSample(example, null, null, ExceptionDispatchInfo.Capture(e));
        }
    }

    /// <summary>The sample, or null and what is wrong with it.</summary>
    /// <exception cref="FoveaException">The run has no images, or a weight is not a number of at least 0.</exception>
    public WeightedSample? Prepare(TrainingExample example, out SampleFault? fault)
    {
        var sample = example.Sample;
        if (sample.Images.Count > 0 && images is null)
        {
            throw new InvalidInputException(sample.Key.Source, sample.Key.Record,
                "the sample has an image, and the model sees none; train on the text alone (view text_only), or start from a vision-language model");
        }

        ExpandedSample expanded;
        try
        {
            var pixels = sample.Images.Count == 0 ? [] : images!.Normalized(sample);
            expanded = SampleExpander.Expand(model, sample, pixels, maxLength ?? model.MaxLength);
        }
        catch (InvalidInputException e)
        {
            fault = new SampleFault(e);
            return null;
        }

        fault = null;
        try
        {
            var weights = example.Weights is { } raw ? WeightNormalizer.Normalize(raw, expanded.TargetIndices.Length, normalization) : null;
            return WeightedSample.Create(sample.Key, expanded, weights);
        }
        catch (FoveaException e) when (e is not InvalidInputException)
        {
            throw new InvalidInputException(sample.Key.Source, sample.Key.Record, e.Message, e);
        }
    }
}
