using Fovea.Core.Samples;
using TorchSharp;

namespace Fovea.Models.Batching;

/// <summary>
/// One sample made ready for a model: image placeholders replaced by that model's image tokens, then cut to a length.
/// Cutting never cuts image tokens; the targets kept are the first <c>TargetIndices.Length</c> of the sample's.
/// </summary>
/// <param name="InputIds">Expanded ids <c>[seq]</c>.</param>
/// <param name="TargetIndices">Indices into <paramref name="InputIds"/> of the targets: <c>[targets kept]</c>.</param>
/// <param name="Images">Normalised images in order of their tokens.</param>
public sealed record ExpandedSample(int[] InputIds, int[] TargetIndices, IReadOnlyList<PixelValues> Images);

/// <summary>Samples padded on the right to one length, as tensors. Owns them.</summary>
public sealed class ModelBatch : IDisposable
{
    /// <summary>Ids <c>[batch, seq]</c>, int64; padding is any id, since a causal model's targets never see what follows them.</summary>
    public required torch.Tensor InputIds { get; init; }

    /// <summary>What the model's image side reads: <c>[images, 3, height, width]</c> for a tower, <c>[patches, 3 * patch * patch]</c> for a patch model; null without images.</summary>
    public torch.Tensor? PixelValues { get; init; }

    /// <summary>Flat index (row * seq + column) of the position that predicts each target, i.e. the one before it: <c>[targets]</c>, int64, by sample and then by position.</summary>
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
        PixelValues?.Dispose();
        LogitPositions.Dispose();
        TargetIds.Dispose();
    }
}
