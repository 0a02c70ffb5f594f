using System.Runtime.InteropServices;
using Fovea.Models;
using Fovea.Models.Batching;
using TorchSharp;

namespace Fovea.Scoring;

/// <summary>Log-probabilities of targets under a model.</summary>
public static class TargetLogProbs
{
    /// <summary>
    /// <c>log p(t_i | what stands before it)</c> in nats of each sample's targets: <c>[batch][targets kept]</c>. One forward pass without gradients;
    /// logits are taken at target positions only and normalised in float32.
    /// </summary>
    /// <param name="model">Whose probabilities.</param>
    /// <param name="samples">One batch; at least one sample, and each with a target.</param>
    public static float[][] Compute(VisionLanguageModel model, IReadOnlyList<ExpandedSample> samples)
    {
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        using var batch = Collator.Collate(model, samples);
        var logits = model.Logits(batch).to(torch.ScalarType.Float32); // [targets, vocab]
        var ids = batch.TargetIds.to(logits.device).unsqueeze(-1); // [targets, 1]
        var logProbs = logits.log_softmax(-1).gather(-1, ids).squeeze(-1).cpu().contiguous(); // [targets]
        var values = MemoryMarshal.Cast<byte, float>(logProbs.bytes);
        var rows = new float[samples.Count][];
        for (var b = 0; b < rows.Length; b++)
        {
            rows[b] = values[batch.TargetOffsets[b]..batch.TargetOffsets[b + 1]].ToArray();
        }

        return rows;
    }
}
