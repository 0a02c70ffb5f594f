using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Kernels;

/// <summary>
/// x / sqrt(mean(x^2) + eps) * weight over the last axis (arXiv 1910.07467) with its gradient: bfloat16 in and out, float32 between, one pass over memory.
/// </summary>
internal static unsafe class NormKernel
{
    /// <summary>Normalises: <c>[..., hidden]</c> -> the same.</summary>
    /// <param name="x">Bfloat16.</param>
    /// <param name="weight">Float32 <c>[hidden]</c>; null for ones.</param>
    /// <param name="eps">Added to the mean square.</param>
    /// <returns>The output, and 1 / sqrt(mean(x^2) + eps), float32 <c>[..., 1]</c>.</returns>
    public static (Tensor Output, Tensor Scale) Forward(Tensor x, Tensor? weight, double eps)
    {
        if (!CpuTensor.HasWholeVectors(x) || weight is { dtype: not ScalarType.Float32 })
        {
            return PlainForward(x, weight, eps);
        }

        var (rows, width) = Rows(x);
        var (output, scale) = (empty_like(x), empty([.. x.shape[..^1], 1], ScalarType.Float32));
        ushort* from = CpuTensor.Bf16(x), to = CpuTensor.Bf16(output);
        float* scales = CpuTensor.Pointer<float>(scale), weights = weight is null ? null : CpuTensor.Pointer<float>(weight);
        RowLoop.Run(rows, RowLoop.Grain(width), [MethodImpl(RowLoop.Optimized)] (first, end) =>
        {
            for (var row = first; row < end; row++)
            {
                scales[row] = ForwardRow(from + (row * width), to + (row * width), weights, width, (float)eps);
            }
        });
        GC.KeepAlive(weight);
        GC.KeepAlive(x);
        return (output, scale);
    }

    /// <summary>
    /// <see cref="Forward"/> of x + y, which overwrites <paramref name="y"/>: the end of one branch of a residual stream and the beginning of the next.
    /// </summary>
    /// <param name="x">Bfloat16 <c>[..., hidden]</c>.</param>
    /// <param name="y">The same shape.</param>
    /// <param name="weight">Float32 <c>[hidden]</c>; null for ones.</param>
    /// <param name="eps">Added to the mean square.</param>
    public static (Tensor Output, Tensor Scale) ForwardSum(Tensor x, Tensor y, Tensor? weight, double eps)
    {
        if (!CpuTensor.HasWholeVectors(x) || !CpuTensor.IsReadable(y) || weight is { dtype: not ScalarType.Float32 })
        {
            return Forward(y.AddInPlace(x), weight, eps);
        }

        var (rows, width) = Rows(x);
        var (output, scale) = (empty_like(y), empty([.. y.shape[..^1], 1], ScalarType.Float32));
        ushort* left = CpuTensor.Bf16(x), sum = CpuTensor.Bf16(y), to = CpuTensor.Bf16(output);
        float* scales = CpuTensor.Pointer<float>(scale), weights = weight is null ? null : CpuTensor.Pointer<float>(weight);
        RowLoop.Run(rows, RowLoop.Grain(width), [MethodImpl(RowLoop.Optimized)] (first, end) =>
        {
            for (var row = first; row < end; row++)
            {
                var at = row * width;
                Sum(left + at, sum + at, width);
                scales[row] = ForwardRow(sum + at, to + at, weights, width, (float)eps);
            }
        });
        GC.KeepAlive((x, y, weight));
        return (output, scale);
    }

    /// <summary>The output again, from the scale that <see cref="Forward"/> gave.</summary>
    public static Tensor Recompute(Tensor x, Tensor scale, Tensor weight)
    {
        if (!CpuTensor.HasWholeVectors(x) || weight is { dtype: not ScalarType.Float32 })
        {
            return (x.to(ScalarType.Float32) * scale * weight).to(x.dtype);
        }

        var (rows, width) = Rows(x);
        var output = empty_like(x);
        ushort* from = CpuTensor.Bf16(x), to = CpuTensor.Bf16(output);
        float* scales = CpuTensor.Pointer<float>(scale), weights = CpuTensor.Pointer<float>(weight);
        RowLoop.Run(rows, RowLoop.Grain(width), [MethodImpl(RowLoop.Optimized)] (first, end) =>
        {
            for (var row = first; row < end; row++)
            {
                Scaled(from + (row * width), to + (row * width), weights, width, scales[row]);
            }
        });
        GC.KeepAlive((x, scale, weight));
        return output;
    }

    /// <summary>Gradients: with u = x * scale and g = gradient * weight, (g - u * mean(g * u)) * scale, and the sum over rows of gradient * u.</summary>
    /// <param name="x">The input: <c>[..., hidden]</c>, bfloat16.</param>
    /// <param name="scale">As <see cref="Forward"/> gave it.</param>
    /// <param name="weight">Float32 <c>[hidden]</c>.</param>
    /// <param name="gradient">Of the output: as <paramref name="x"/>.</param>
    /// <param name="residual">Added to the input's gradient: as <paramref name="x"/>.</param>
    /// <returns>Of the input, and of the weight in float32.</returns>
    public static (Tensor Input, Tensor Weight) Backward(Tensor x, Tensor scale, Tensor weight, Tensor gradient, Tensor residual)
    {
        if (!CpuTensor.HasWholeVectors(x) || weight.dtype != ScalarType.Float32 || !CpuTensor.IsReadable(gradient) || !CpuTensor.IsReadable(residual))
        {
            return PlainBackward(x, scale, weight, gradient, residual);
        }

        var (rows, width) = Rows(x);
        var grain = Math.Max(RowLoop.Grain(width), (rows + 255) / 256); // at most 256 partial sums
        var (input, partial) = (empty_like(x), zeros([(rows + grain - 1) / grain, width], ScalarType.Float32));
        ushort* from = CpuTensor.Bf16(x), above = CpuTensor.Bf16(gradient), beside = CpuTensor.Bf16(residual), to = CpuTensor.Bf16(input);
        float* scales = CpuTensor.Pointer<float>(scale), weights = CpuTensor.Pointer<float>(weight), sums = CpuTensor.Pointer<float>(partial);
        RowLoop.Run(rows, grain, [MethodImpl(RowLoop.Optimized)] (first, end) =>
        {
            for (var row = first; row < end; row++)
            {
                var at = row * width;
                BackwardRow(from + at, above + at, beside + at, to + at, weights, sums + (first / grain * width), width, scales[row]);
            }
        });
        var sum = partial.sum(dim: 0);
        partial.Dispose();
        GC.KeepAlive((x, scale, weight, gradient, residual));
        return (input, sum);
    }

    private static (long Rows, long Width) Rows(Tensor x) => (x.numel() / x.shape[^1], x.shape[^1]);

    [MethodImpl(RowLoop.Optimized)]
    private static float ForwardRow(ushort* x, ushort* to, float* weights, long width, float eps)
    {
        var squares = Vector512<float>.Zero;
        for (var j = 0L; j < width; j += Bf16Vector.Width)
        {
            var v = Bf16Vector.Load(x + j);
            squares = Vector512.FusedMultiplyAdd(v, v, squares);
        }

        var scale = 1 / MathF.Sqrt((Vector512.Sum(squares) / width) + eps);
        Scaled(x, to, weights, width, scale);
        return scale;
    }

    [MethodImpl(RowLoop.Optimized)]
    private static void Sum(ushort* x, ushort* sum, long width)
    {
        for (var j = 0L; j < width; j += Bf16Vector.Width)
        {
            Bf16Vector.Store(sum + j, Bf16Vector.Load(x + j) + Bf16Vector.Load(sum + j));
        }
    }

    [MethodImpl(RowLoop.Optimized)]
    private static void Scaled(ushort* x, ushort* to, float* weights, long width, float scale)
    {
        var s = Vector512.Create(scale);
        for (var j = 0L; j < width; j += Bf16Vector.Width)
        {
            var v = Bf16Vector.Load(x + j) * s;
            Bf16Vector.Store(to + j, weights == null ? v : v * Vector512.Load(weights + j));
        }
    }

    [MethodImpl(RowLoop.Optimized)]
    private static void BackwardRow(ushort* x, ushort* above, ushort* beside, ushort* to, float* weights, float* sums, long width, float scale)
    {
        var s = Vector512.Create(scale);
        var along = Vector512<float>.Zero;
        for (var j = 0L; j < width; j += Bf16Vector.Width)
        {
            var (unit, gradient) = (Bf16Vector.Load(x + j) * s, Bf16Vector.Load(above + j));
            Vector512.Store(Vector512.FusedMultiplyAdd(gradient, unit, Vector512.Load(sums + j)), sums + j);
            along = Vector512.FusedMultiplyAdd(gradient * Vector512.Load(weights + j), unit, along);
        }

        var mean = Vector512.Create(-Vector512.Sum(along) / width);
        for (var j = 0L; j < width; j += Bf16Vector.Width)
        {
            var (unit, inner) = (Bf16Vector.Load(x + j) * s, Bf16Vector.Load(above + j) * Vector512.Load(weights + j));
            Bf16Vector.Store(to + j, Vector512.FusedMultiplyAdd(Vector512.FusedMultiplyAdd(unit, mean, inner), s, Bf16Vector.Load(beside + j)));
        }
    }

    private static (Tensor Output, Tensor Scale) PlainForward(Tensor x, Tensor? weight, double eps)
    {
        var whole = x.to(ScalarType.Float32);
        var scale = whole.Squared().mean([-1], keepdim: true).Plus(eps).rsqrt();
        var unit = whole * scale;
        return ((weight is null ? unit : unit * weight).to(x.dtype), scale);
    }

    private static (Tensor Input, Tensor Weight) PlainBackward(Tensor x, Tensor scale, Tensor weight, Tensor gradient, Tensor residual)
    {
        var (unit, above) = (x.to(ScalarType.Float32) * scale, gradient.to(ScalarType.Float32));
        var inner = above * weight;
        var input = ((inner - (unit * (inner * unit).mean([-1], keepdim: true))) * scale).Plus(residual);
        return (input.to(x.dtype), (above * unit).flatten(0, -2).sum(dim: 0));
    }
}
