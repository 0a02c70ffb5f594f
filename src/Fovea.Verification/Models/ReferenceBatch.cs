using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Torch;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;
using static TorchSharp.torch;

namespace Fovea.Verification.Models;

/// <summary>The reference's rows as the batches that training and scoring run.</summary>
internal static class ReferenceBatch
{
    /// <summary>Logits of every position: <c>[batch, seq, vocab]</c>.</summary>
    public static Tensor LogitsEverywhere(VisionLanguageModel model, Tensor ids, Tensor? pixels)
    {
        using var scope = NewDisposeScope();
        using var batch = Of(ids, pixels, TensorNumbers.Range(0, ids.numel()), zeros(0, ScalarType.Int64));
        return model.Logits(batch).view(ids.shape[0], ids.shape[1], -1).MoveToOuterDisposeScope();
    }

    /// <summary>A batch whose targets are the places with a label of at least 0, row by row; a row's first token is none.</summary>
    public static ModelBatch WithTargets(Tensor ids, Tensor? pixels, Tensor labels)
    {
        var places = TargetPlaces(ids, labels);
        var values = labels.Longs();
        return Of(ids, pixels, tensor(Array.ConvertAll(places, p => p - 1)), tensor(Array.ConvertAll(places, p => values[p])));
    }

    /// <summary>Flat indices (row * seq + column) of the targets.</summary>
    public static long[] TargetPlaces(Tensor ids, Tensor labels)
    {
        if (ids.dim() != 2 || !labels.shape.AsSpan().SequenceEqual(ids.shape))
        {
            throw new ReferenceException($"labels [{string.Join(", ", labels.shape)}] for ids [{string.Join(", ", ids.shape)}]");
        }

        var (seq, values) = (ids.shape[1], labels.Longs());
        var places = Enumerable.Range(0, values.Length).Where(i => values[i] >= 0 && i % seq > 0).Select(i => (long)i).ToArray();
        return places.Length > 0 ? places : throw new ReferenceException("labels hold no target");
    }

    private static ModelBatch Of(Tensor ids, Tensor? pixels, Tensor positions, Tensor targets) => new()
    {
        InputIds = ids.alias().DetachFromDisposeScope(),
        PixelValues = pixels?.alias().DetachFromDisposeScope(),
        LogitPositions = positions.DetachFromDisposeScope(),
        TargetIds = targets.DetachFromDisposeScope(),
        TargetOffsets = [0],
        NumTokens = (int)ids.numel(),
    };
}
