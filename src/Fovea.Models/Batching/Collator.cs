using TorchSharp;

namespace Fovea.Models.Batching;

/// <summary>Lays samples out as one batch, padded on the right to the longest.</summary>
public static class Collator
{
    /// <summary>Makes the tensors of a batch. The caller disposes it.</summary>
    public static ModelBatch Collate(VisionLanguageModel model, IReadOnlyList<ExpandedSample> samples)
    {
        var seq = samples.Max(s => s.InputIds.Length);
        var numTargets = samples.Sum(s => s.TargetIndices.Length);
        var ids = new long[samples.Count * seq];
        var positions = new long[numTargets];
        var targets = new long[numTargets];
        var offsets = new int[samples.Count + 1];
        for (int b = 0, n = 0; b < samples.Count; b++)
        {
            var sample = samples[b];
            for (var i = 0; i < sample.InputIds.Length; i++)
            {
                ids[(b * seq) + i] = sample.InputIds[i];
            }

            foreach (var t in sample.TargetIndices)
            {
                positions[n] = ((long)b * seq) + t - 1;
                targets[n++] = sample.InputIds[t];
            }

            offsets[b + 1] = n;
        }

        return new ModelBatch
        {
            InputIds = Owned(torch.tensor(ids, [samples.Count, seq])),
            PixelValues = model.Arrange([.. samples.SelectMany(s => s.Images)]) is { } pixels ? Owned(pixels) : null,
            LogitPositions = Owned(torch.tensor(positions)),
            TargetIds = Owned(torch.tensor(targets)),
            TargetOffsets = offsets,
            NumTokens = samples.Sum(s => s.InputIds.Length),
        };
    }

    private static torch.Tensor Owned(torch.Tensor tensor) => tensor.DetachFromDisposeScope();
}
