using Fovea.Models.Batching;
using Fovea.Models.Kernels;
using Fovea.Models.Vision;
using TorchSharp;

namespace Fovea.Models.Targets;

/// <summary>Log-probabilities of targets under a model, for scoring and evaluation alike.</summary>
public static class TargetLogProbs
{
    /// <summary>
    /// <c>log p(t_i | what precedes it)</c> in nats of each sample's targets: <c>[batch][targets kept]</c>. One forward pass without gradients;
    /// logits are taken at target positions only and normalised in float32.
    /// </summary>
    /// <param name="model">Whose probabilities.</param>
    /// <param name="samples">One batch; at least one sample, and each with a target.</param>
    /// <param name="features">Keeps images' features for other batches; null for none.</param>
    public static float[][] Compute(VisionLanguageModel model, IReadOnlyList<ExpandedSample> samples, ImageFeatureCache? features = null) =>
        Array.ConvertAll(Scores(model, samples, features: features), f => f.LogProbs);

    /// <summary>The same, and from the same logits whether each target is the likeliest token and the entropy there.</summary>
    /// <param name="model">Whose probabilities.</param>
    /// <param name="samples">One batch; at least one sample, and each with a target.</param>
    /// <param name="topOne">Whether top-1 flags are wanted.</param>
    /// <param name="entropy">Whether entropies are.</param>
    /// <param name="logit">Whether raw logits are.</param>
    /// <param name="read">Reads more from the logits, <c>[targets, vocab]</c> in the model's type, before they are freed; null for no more.</param>
    /// <param name="features">As in <see cref="Compute"/>.</param>
    public static TargetScores[] Scores(
        VisionLanguageModel model, IReadOnlyList<ExpandedSample> samples, bool topOne = false, bool entropy = false, bool logit = false,
            Action<torch.Tensor, ModelBatch>? read = null, ImageFeatureCache? features = null)
    {
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        using var batch = Collator.Collate(model, samples, features);
        var logits = model.Logits(batch); // [targets, vocab]
        var all = TargetKernel.Scores(logits, batch.TargetIds, entropy); // [targets]
        read?.Invoke(logits, batch);
        var scores = new TargetScores[samples.Count];
        for (var b = 0; b < scores.Length; b++)
        {
            var own = all[batch.TargetOffsets[b]..batch.TargetOffsets[b + 1]];
            scores[b] = new TargetScores(
                Array.ConvertAll(own, f => f.LogProb), topOne ? Array.ConvertAll(own, f => f.IsTopOne) : null, entropy
                    ? Array.ConvertAll(own, f => f.Entropy) : null, logit ? Array.ConvertAll(own, f => f.Logit) : null);
        }

        return scores;
    }

    /// <summary>
    /// <c>KL(p || q)</c> in nats between two predictions of each of a sample's leading targets: <c>[targets that both kept]</c>, not negative.
    /// </summary>
    /// <param name="logits">Logits of p, <c>[targets, vocab]</c>.</param>
    /// <param name="first">The sample's first row in them.</param>
    /// <param name="others">Logits of q, <c>[targets, vocab]</c>.</param>
    /// <param name="firstOther">The sample's first row in those.</param>
    /// <param name="count">Number of targets.</param>
    public static float[] Divergence(torch.Tensor logits, int first, torch.Tensor others, int firstOther, int count)
    {
        using var scope = torch.NewDisposeScope();
        return DivergenceKernel.Compute(logits.narrow(0, first, count), others.narrow(0, firstOther, count));
    }
}
