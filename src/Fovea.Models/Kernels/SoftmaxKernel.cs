using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Kernels;

/// <summary>Which keys queries see: none after them.</summary>
/// <param name="FirstQuery">Place of the first query in its sequence.</param>
/// <param name="Mask">Added to scores: bfloat16 <c>[batch or 1, 1, seq, keys]</c>, all keys of the sequence; null for none.</param>
/// <param name="FirstHead">Of all rows of heads, the first at hand.</param>
/// <param name="Heads">Heads a sequence.</param>
internal sealed record Visible(long FirstQuery, Tensor? Mask, long FirstHead, long Heads);

/// <summary>
/// Softmax over causal attention scores in place, and its gradient: bfloat16 in and out, float32 between. Keys after a query are neither read nor
/// exponentiated.
/// </summary>
internal static unsafe class SoftmaxKernel
{
    /// <summary>Turns scores into probabilities, in place: <c>[heads, queries, keys]</c>.</summary>
    public static void Forward(Tensor scores, Visible visible)
    {
        if (!CpuTensor.IsReadable(scores))
        {
            PlainForward(scores, visible);
            return;
        }

        var (queries, keys) = (scores.shape[1], scores.shape[2]);
        var mask = visible.Mask?.contiguous(); // [batch or 1, 1, seq, keys]
        ushort* all = CpuTensor.Bf16(scores), masks = mask is null ? null : CpuTensor.Bf16(mask);
        var (maskRows, maskWidth, maskBatch) = mask is null ? (0, 0, 1) : (mask.shape[2], mask.shape[3], mask.shape[0]);
        RowLoop.Run(scores.shape[0] * queries, RowLoop.Grain(keys), [MethodImpl(RowLoop.Optimized)] (first, end) =>
        {
            var scratch = (float*)NativeMemory.AlignedAlloc((nuint)(keys + Bf16Vector.Width) * sizeof(float), 64);
            for (var row = first; row < end; row++)
            {
                var query = visible.FirstQuery + (row % queries);
                var seen = Math.Min(keys, query + 1);
                var batch = (visible.FirstHead + (row / queries)) / visible.Heads % maskBatch;
                Row(all + (row * keys), masks == null ? null : masks + (((batch * maskRows) + query) * maskWidth), scratch, seen, keys);
            }

            NativeMemory.AlignedFree(scratch);
        });
        GC.KeepAlive(scores);
        mask?.Dispose();
    }

    /// <summary>The scores' gradient, p * (g - sum(p * g)), in place of that of the probabilities: <c>[heads, queries, keys]</c> both.</summary>
    public static void Backward(Tensor gradient, Tensor probabilities, Visible visible)
    {
        if (!CpuTensor.IsReadable(gradient) || !CpuTensor.IsReadable(probabilities))
        {
            using var scope = NewDisposeScope();
            var product = gradient.to(ScalarType.Float32) * probabilities;
            gradient.copy_(product - (probabilities * product.sum(-1, keepdim: true)));
            return;
        }

        var (queries, keys) = (gradient.shape[1], gradient.shape[2]);
        ushort* gradients = CpuTensor.Bf16(gradient), all = CpuTensor.Bf16(probabilities);
        RowLoop.Run(gradient.shape[0] * queries, RowLoop.Grain(keys), [MethodImpl(RowLoop.Optimized)] (first, end) =>
        {
            for (var row = first; row < end; row++)
            {
                var seen = Math.Min(keys, visible.FirstQuery + (row % queries) + 1);
                BackwardRow(gradients + (row * keys), all + (row * keys), seen, keys);
            }
        });
        GC.KeepAlive((gradient, probabilities));
    }

    [MethodImpl(RowLoop.Optimized)]
    private static void Row(ushort* row, ushort* mask, float* scratch, long seen, long keys)
    {
        var top = Copy(row, mask, scratch, seen);
        var shift = Vector512.Create(float.IsNegativeInfinity(top) ? 0 : top); // A row that sees nothing becomes zeros.
        var sum = Vector512<float>.Zero;
        for (var j = 0L; j < seen; j += Bf16Vector.Width)
        {
            var e = Bf16Vector.Exp(Vector512.Load(scratch + j) - shift);
            Vector512.Store(e, scratch + j);
            sum += e;
        }

        var total = Vector512.Sum(sum);
        var scale = total == 0 ? 0 : 1 / total;
        var factor = Vector512.Create(scale);
        var whole = seen - (seen % Bf16Vector.Width);
        for (var j = 0L; j < whole; j += Bf16Vector.Width)
        {
            Bf16Vector.Store(row + j, Vector512.Load(scratch + j) * factor);
        }

        for (var j = whole; j < seen; j++)
        {
            row[j] = Bf16Vector.Bits(scratch[j] * scale);
        }

        new Span<ushort>(row + seen, (int)(keys - seen)).Clear();
    }

    /// <summary>Copies a row with its mask, if there is one, added; minus infinity after its end up to a whole vector. Returns the largest number.</summary>
    [MethodImpl(RowLoop.Optimized)]
    private static float Copy(ushort* row, ushort* mask, float* scratch, long seen)
    {
        var whole = seen - (seen % Bf16Vector.Width);
        var most = Vector512.Create(float.NegativeInfinity);
        for (var j = 0L; j < whole; j += Bf16Vector.Width)
        {
            var x = Bf16Vector.Load(row + j);
            x = mask == null ? x : x + Bf16Vector.Load(mask + j);
            Vector512.Store(x, scratch + j);
            most = Vector512.MaxNative(most, x);
        }

        if (whole < seen)
        {
            Vector512.Store(Vector512.Create(float.NegativeInfinity), scratch + whole);
            for (var j = whole; j < seen; j++)
            {
                scratch[j] = Bf16Vector.Single(row[j]) + (mask == null ? 0 : Bf16Vector.Single(mask[j]));
            }

            most = Vector512.MaxNative(most, Vector512.Load(scratch + whole));
        }

        return Bf16Vector.Largest(most);
    }

    [MethodImpl(RowLoop.Optimized)]
    private static void BackwardRow(ushort* gradient, ushort* probabilities, long seen, long keys)
    {
        var whole = seen - (seen % Bf16Vector.Width);
        var sum = Vector512<float>.Zero;
        for (var j = 0L; j < whole; j += Bf16Vector.Width)
        {
            sum = Vector512.FusedMultiplyAdd(Bf16Vector.Load(gradient + j), Bf16Vector.Load(probabilities + j), sum);
        }

        var total = Vector512.Sum(sum);
        for (var j = whole; j < seen; j++)
        {
            total += Bf16Vector.Single(gradient[j]) * Bf16Vector.Single(probabilities[j]);
        }

        var along = Vector512.Create(total);
        for (var j = 0L; j < whole; j += Bf16Vector.Width)
        {
            Bf16Vector.Store(gradient + j, (Bf16Vector.Load(gradient + j) - along) * Bf16Vector.Load(probabilities + j));
        }

        for (var j = whole; j < seen; j++)
        {
            gradient[j] = Bf16Vector.Bits((Bf16Vector.Single(gradient[j]) - total) * Bf16Vector.Single(probabilities[j]));
        }

        new Span<ushort>(gradient + seen, (int)(keys - seen)).Clear();
    }

    private static void PlainForward(Tensor scores, Visible visible)
    {
        using var scope = NewDisposeScope();
        var (queries, keys) = (scores.shape[1], scores.shape[2]);
        var later = ones(queries, keys, ScalarType.Bool, scores.device).triu(visible.FirstQuery + 1);
        var all = scores.to(ScalarType.Float32).Masked(later, float.NegativeInfinity);
        if (visible.Mask is { } mask)
        {
            var rows = mask.squeeze(1).narrow(1, visible.FirstQuery, queries).narrow(2, 0, keys); // [batch or 1, queries, keys]
            var places = tensor([.. Enumerable.Range(0, (int)scores.shape[0]).Select(i => (visible.FirstHead + i) / visible.Heads % mask.shape[0])],
                device: scores.device);
            all = all.Plus(rows.index_select(0, places));
        }

        var blind = all.amax([-1], keepdim: true).isneginf(); // sees nothing: zeros, while a NaN stays one
        scores.copy_(all.softmax(-1).Masked(blind, 0.0));
    }
}
