using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Fovea.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Fovea.Models.Kernels;

/// <summary>
/// <c>KL(p || q)</c> of predictions, straight from the logits x of p and y of q: <c>sum_j e^(x_j - max x) (x_j - y_j) / Z_x - log Z_x + log Z_y</c>, each
/// less its row's maximum. On the processor in one pass over memory without copies, sums in float32 in parts of 16; elsewhere in pieces.
/// </summary>
internal static unsafe class DivergenceKernel
{
    // Of a piece elsewhere than on the processor: its copies in float32 take a few hundred MiB at most.
    private const long PieceElements = 1 << 24;

    /// <summary>The divergence of each row, in nats and not below 0.</summary>
    /// <param name="p">Logits of any floating-point type, <c>[rows, vocab]</c>.</param>
    /// <param name="q">Others of the same shape and type.</param>
    public static float[] Compute(Tensor p, Tensor q)
    {
        var (rows, width) = (p.shape[0], p.shape[1]);
        var result = new float[rows];
        if (!IsReadable(p) || !IsReadable(q) || p.dtype != q.dtype)
        {
            return InPieces(p, q);
        }

        if (p.dtype == ScalarType.BFloat16)
        {
            var all = CpuTensor.Bf16(p);
            var others = CpuTensor.Bf16(q);
            RowLoop.Run(rows, 1, (first, end) =>
            {
                for (var row = first; row < end; row++)
                {
                    result[row] = Of(all + (row * width), others + (row * width), width);
                }
            });
        }
        else
        {
            var all = CpuTensor.Pointer<float>(p);
            var others = CpuTensor.Pointer<float>(q);
            RowLoop.Run(rows, 1, (first, end) =>
            {
                for (var row = first; row < end; row++)
                {
                    result[row] = Of(all + (row * width), others + (row * width), width);
                }
            });
        }

        GC.KeepAlive(p);
        GC.KeepAlive(q);
        return result;
    }

    private static bool IsReadable(Tensor x) => x.device_type == DeviceType.CPU && x.is_contiguous() && x.dtype is ScalarType.BFloat16 or ScalarType.Float32;

    [MethodImpl(RowLoop.Optimized)]
    private static float Of<T>(T* x, T* y, long width)
        where T : unmanaged
    {
        var (top, otherTop) = (Top(x, width), Top(y, width));
        var (shift, otherShift) = (Vector512.Create(top), Vector512.Create(otherTop));
        var (sum, otherSum, moment) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        var j = 0L;
        for (; j + Bf16Vector.Width <= width; j += Bf16Vector.Width)
        {
            var (a, b) = (Load(x + j) - shift, Load(y + j) - otherShift);
            var e = Bf16Vector.Exp(a);
            sum += e;
            otherSum += Bf16Vector.Exp(b);
            moment = Vector512.FusedMultiplyAdd(e, a - b, moment);
        }

        var (total, otherTotal, first) = ((double)Vector512.Sum(sum), (double)Vector512.Sum(otherSum), (double)Vector512.Sum(moment));
        for (; j < width; j++)
        {
            var (a, b) = (Single(x + j) - top, Single(y + j) - otherTop);
            total += Math.Exp(a);
            otherTotal += Math.Exp(b);
            first += Math.Exp(a) * (a - b);
        }

        // NaN stays NaN: whoever reads it refuses it.
        return (float)Math.Max(0, (first / total) - Math.Log(total) + Math.Log(otherTotal));
    }

    [MethodImpl(RowLoop.Optimized)]
    private static float Top<T>(T* row, long width)
        where T : unmanaged
    {
        var most = Vector512.Create(float.NegativeInfinity);
        var j = 0L;
        for (; j + Bf16Vector.Width <= width; j += Bf16Vector.Width)
        {
            most = Vector512.MaxNative(most, Load(row + j));
        }

        var top = Bf16Vector.Largest(most);
        for (; j < width; j++)
        {
            top = MathF.Max(top, Single(row + j));
        }

        return top;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Load<T>(T* from)
        where T : unmanaged => typeof(T) == typeof(float) ? Vector512.Load((float*)from) : Bf16Vector.Load((ushort*)from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Single<T>(T* from)
        where T : unmanaged => typeof(T) == typeof(float) ? *(float*)from : Bf16Vector.Single(*(ushort*)from);

    private static float[] InPieces(Tensor p, Tensor q)
    {
        var rows = p.shape[0];
        var result = new List<float>((int)rows);
        var step = Math.Max(1, PieceElements / p.shape[1]);
        for (var first = 0L; first < rows; first += step)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(step, rows - first);
            var a = p.narrow(0, first, count).to(ScalarType.Float32).log_softmax(-1);
            var b = q.narrow(0, first, count).to(ScalarType.Float32).log_softmax(-1);
            result.AddRange(TensorBytes.ToArray<float>(a.sub(b).mul_(a.exp()).sum(-1).relu()));
        }

        return [.. result];
    }
}
