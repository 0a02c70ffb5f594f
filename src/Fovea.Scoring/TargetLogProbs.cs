using System.Runtime.InteropServices;
using Fovea.Models;
using Fovea.Models.Batching;
using TorchSharp;

namespace Fovea.Scoring;

/// <summary>What a model says of one sample's targets.</summary>
/// <param name="LogProbs">In nats: <c>[targets kept]</c>.</param>
/// <param name="TopOne">Whether each target is the likeliest token: <c>[targets kept]</c>; null unless asked for.</param>
/// <param name="Entropy">Of the distribution over the vocabulary, in nats: <c>[targets kept]</c>; null unless asked for.</param>
public sealed record TargetFacts(float[] LogProbs, bool[]? TopOne = null, float[]? Entropy = null);

/// <summary>Log-probabilities of targets under a model.</summary>
public static class TargetLogProbs
{
    /// <summary>
    /// <c>log p(t_i | what stands before it)</c> in nats of each sample's targets: <c>[batch][targets kept]</c>. One forward pass without gradients;
    /// logits are taken at target positions only and normalised in float32.
    /// </summary>
    /// <param name="model">Whose probabilities.</param>
    /// <param name="samples">One batch; at least one sample, and each with a target.</param>
    public static float[][] Compute(VisionLanguageModel model, IReadOnlyList<ExpandedSample> samples) =>
        Array.ConvertAll(Facts(model, samples), f => f.LogProbs);

    /// <summary>The same, and from the same logits whether each target is the likeliest token and the entropy there.</summary>
    /// <param name="model">Whose probabilities.</param>
    /// <param name="samples">One batch; at least one sample, and each with a target.</param>
    /// <param name="topOne">Whether top-1 flags are wanted.</param>
    /// <param name="entropy">Whether entropies are.</param>
    public static TargetFacts[] Facts(VisionLanguageModel model, IReadOnlyList<ExpandedSample> samples, bool topOne = false, bool entropy = false)
    {
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        using var batch = Collator.Collate(model, samples);
        var logits = model.Logits(batch).to(torch.ScalarType.Float32); // [targets, vocab]
        var ids = batch.TargetIds.to(logits.device); // [targets]
        var all = logits.log_softmax(-1); // [targets, vocab]
        var logProbs = Values<float>(all.gather(-1, ids.unsqueeze(-1)).squeeze(-1)); // [targets]
        var first = topOne ? Values<bool>(logits.argmax(-1).eq(ids)) : null; // [targets]
        var spread = entropy ? Values<float>(all.exp().mul(all).sum(-1).neg().relu()) : null; // [targets]
        var facts = new TargetFacts[samples.Count];
        for (var b = 0; b < facts.Length; b++)
        {
            var own = batch.TargetOffsets[b]..batch.TargetOffsets[b + 1];
            facts[b] = new TargetFacts(logProbs[own], first?[own], spread?[own]);
        }

        return facts;
    }

    private static T[] Values<T>(torch.Tensor tensor)
        where T : struct => MemoryMarshal.Cast<byte, T>(tensor.cpu().contiguous().bytes).ToArray();
}
