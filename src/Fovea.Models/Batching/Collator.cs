using Fovea.Models.Vision;
using TorchSharp;

namespace Fovea.Models.Batching;

/// <summary>Lays samples out as one batch: padded on the right to the longest, or packed.</summary>
public static class Collator
{
    /// <summary>A row for each sample, padded on the right to the longest. The caller disposes the batch.</summary>
    /// <param name="model">Whose layout of images to use.</param>
    /// <param name="samples">The samples.</param>
    /// <param name="features">Keeps what the decoder sees of images, which then stands in the batch where the model has it; null for their pixels.</param>
    public static ModelBatch Collate(VisionLanguageModel model, IReadOnlyList<ExpandedSample> samples, ImageFeatureCache? features = null) =>
        Batch(model, [.. samples.Select(s => (IReadOnlyList<ExpandedSample>)[s])], packed: false, features);

    /// <summary>
    /// Several samples in a row, one behind the other. No sample sees another: each has its segment, and positions that begin at 0.
    /// Samples are counted in order of rows. The caller disposes the batch.
    /// </summary>
    /// <param name="model">Whose layout of images to use.</param>
    /// <param name="rows">The samples of each row; see <see cref="RowPacker"/>.</param>
    public static ModelBatch Pack(VisionLanguageModel model, IReadOnlyList<IReadOnlyList<ExpandedSample>> rows) =>
        Batch(model, rows, packed: true, null);

    private static ModelBatch Batch(VisionLanguageModel model, IReadOnlyList<IReadOnlyList<ExpandedSample>> rows, bool packed, ImageFeatureCache? features)
    {
        var seq = rows.Max(r => r.Sum(s => s.InputIds.Length));
        if ((long)rows.Count * seq > Array.MaxLength)
        {
            throw new FoveaException($"a batch of {rows.Count} rows of {seq} tokens; expected at most {Array.MaxLength} tokens in all: lower the micro-batch "
                + $"size or the token budget");
        }

        var samples = rows.SelectMany(r => r).ToArray();
        var numTargets = samples.Sum(s => s.TargetIndices.Length);
        var (ids, places, segments) = (new long[rows.Count * seq], new long[rows.Count * seq], new long[rows.Count * seq]);
        var (positions, targets, offsets) = (new long[numTargets], new long[numTargets], new int[samples.Length + 1]);
        int n = 0, b = 0;
        for (var row = 0; row < rows.Count; row++)
        {
            var start = row * seq;
            for (var segment = 0; segment < rows[row].Count; segment++)
            {
                var sample = rows[row][segment];
                for (var i = 0; i < sample.InputIds.Length; i++)
                {
                    (ids[start + i], places[start + i], segments[start + i]) = (sample.InputIds[i], i, segment + 1);
                }

                foreach (var t in sample.TargetIndices)
                {
                    positions[n] = start + t - 1;
                    targets[n++] = sample.InputIds[t];
                }

                start += sample.InputIds.Length;
                offsets[++b] = n;
            }
        }

        PixelValues[] images = [.. samples.SelectMany(s => s.Images)];
        var known = features is null ? null : model.ProjectedImages(images, features);
        torch.Tensor Grid(long[] values) => Owned(torch.tensor(values, [rows.Count, seq]));
        return new ModelBatch
        {
            InputIds = Grid(ids),
            PositionIds = packed ? Grid(places) : null,
            SegmentIds = packed ? Grid(segments) : null,
            RowLengths = [.. rows.Select(r => r.Sum(s => s.InputIds.Length))],
            PixelValues = known is null && model.PackPixels(images) is { } pixels ? Owned(pixels) : null,
            ImageFeatures = known is null ? null : Owned(known),
            LogitPositions = Owned(torch.tensor(positions)),
            TargetIds = Owned(torch.tensor(targets)),
            TargetOffsets = offsets,
            NumTokens = samples.Sum(s => s.InputIds.Length),
        };
    }

    private static torch.Tensor Owned(torch.Tensor tensor) => tensor.DetachFromDisposeScope();
}
