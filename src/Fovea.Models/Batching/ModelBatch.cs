using TorchSharp;

namespace Fovea.Models.Batching;

/// <summary>
/// One sample made ready for a model: image placeholders replaced by that model's image tokens, then cut to a length.
/// Cutting never cuts image tokens; the targets kept are the first <c>TargetIndices.Length</c> of the sample's.
/// </summary>
/// <param name="InputIds">Expanded ids <c>[seq]</c>.</param>
/// <param name="TargetIndices">Indices into <paramref name="InputIds"/> of the targets: <c>[targets kept]</c>.</param>
/// <param name="Images">Normalised images in order of their tokens.</param>
public sealed record ExpandedSample(int[] InputIds, int[] TargetIndices, IReadOnlyList<PixelValues> Images)
{
    /// <summary>Where each image's tokens begin in <see cref="InputIds"/>: <c>[images]</c>, ascending; null where that is not known.</summary>
    public IReadOnlyList<int>? ImageStarts { get; init; }

    /// <summary>
    /// Of a prompt: what a decoding method that prepared it reads beside it, as the same text with other images or none; null for nothing.
    /// </summary>
    public ExpandedSample? Contrast { get; init; }

    /// <summary>
    /// The sample up to its last target: what follows cannot reach a causal model's loss. Images that begin later are left out with their tokens;
    /// where <see cref="ImageStarts"/> is not known, a sample with images stays whole.
    /// </summary>
    public ExpandedSample CutAfterLastTarget()
    {
        var end = TargetIndices.Length == 0 ? InputIds.Length : TargetIndices[^1] + 1;
        if (end == InputIds.Length || (Images.Count > 0 && ImageStarts is null))
        {
            return this;
        }

        var kept = ImageStarts?.Count(s => s < end) ?? 0;
        return this with { InputIds = InputIds[..end], Images = [.. Images.Take(kept)], ImageStarts = ImageStarts is null ? null : [.. ImageStarts.Take(kept)] };
    }
}

/// <summary>Samples as tensors: one row each, padded on the right to one length, or several packed into one row. Owns them.</summary>
public sealed class ModelBatch : IDisposable
{
    /// <summary>Ids <c>[batch, seq]</c>, int64; padding is any id, since a causal model's targets never see what follows them.</summary>
    public required torch.Tensor InputIds { get; init; }

    /// <summary>Of packed rows, the position of each token in its own sample: <c>[batch, seq]</c>, int64; null where each row is one sample.</summary>
    public torch.Tensor? PositionIds { get; init; }

    /// <summary>
    /// Of packed rows, which sample each token belongs to, counted from 1 in each row, 0 for padding: <c>[batch, seq]</c>, int64;
    /// null where each row is one sample.
    /// </summary>
    public torch.Tensor? SegmentIds { get; init; }

    /// <summary>Tokens of each row, image tokens included, before padding on its right: <c>[batch]</c>; null where that is not known.</summary>
    public IReadOnlyList<int>? RowLengths { get; init; }

    /// <summary>
    /// What the model's image side reads: <c>[images, 3, height, width]</c> for a tower, <c>[patches, 3 * patch * patch]</c> for a
    /// patch model; null without images.
    /// </summary>
    public torch.Tensor? PixelValues { get; init; }

    /// <summary>What the decoder sees of the images, in place of <see cref="PixelValues"/>: <c>[images, tokens, hidden]</c>; null where they are not encoded yet.</summary>
    public torch.Tensor? ImageFeatures { get; init; }

    /// <summary>
    /// Flat index (row * seq + column) of the position that predicts each target, i.e. the one before it: <c>[targets]</c>, int64, by
    /// sample and then by position.
    /// </summary>
    public required torch.Tensor LogitPositions { get; init; }

    /// <summary>The targets' ids: <c>[targets]</c>, int64.</summary>
    public required torch.Tensor TargetIds { get; init; }

    /// <summary>Sample b owns targets <c>[TargetOffsets[b], TargetOffsets[b + 1])</c>: <c>[batch + 1]</c>.</summary>
    public required int[] TargetOffsets { get; init; }

    /// <summary>Tokens that are not padding, image tokens included.</summary>
    public required int NumTokens { get; init; }

    /// <inheritdoc/>
    public void Dispose()
    {
        InputIds.Dispose();
        PositionIds?.Dispose();
        SegmentIds?.Dispose();
        PixelValues?.Dispose();
        ImageFeatures?.Dispose();
        LogitPositions.Dispose();
        TargetIds.Dispose();
    }
}
