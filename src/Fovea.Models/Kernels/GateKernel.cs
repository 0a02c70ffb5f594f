using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Kernels;

/// <summary>SiLU(gate) * up with its gradients: bfloat16 in and out, float32 between, one pass over memory.</summary>
internal static unsafe class GateKernel
{
    private const long Grain = 1 << 15;
    private const float QuickGeluFactor = 1.702f;

    /// <summary>SiLU(gate) * up: gate and up side by side <c>[..., 2 * width]</c> -> <c>[..., width]</c>.</summary>
    public static Tensor Forward(Tensor gateUp)
    {
        var width = gateUp.shape[^1] / 2;
        if (!CpuTensor.IsReadable(gateUp) || !Bf16Vector.IsWhole(width))
        {
            return (nn.functional.silu(Gate(gateUp)) * Up(gateUp)).to(gateUp.dtype);
        }

        var output = empty([.. gateUp.shape[..^1], width], ScalarType.BFloat16);
        ushort* joint = CpuTensor.Bf16(gateUp), to = CpuTensor.Bf16(output);
        RowLoop.Run(output.numel() / width, RowLoop.Grain(width), [MethodImpl(RowLoop.Optimized)] (first, end) =>
        {
            for (var row = first; row < end; row++)
            {
                ushort* g = joint + (row * 2 * width), u = g + width, y = to + (row * width);
                for (var i = 0L; i < width; i += Bf16Vector.Width)
                {
                    var v = Bf16Vector.Load(g + i);
                    Bf16Vector.Store(y + i, v * Bf16Vector.Sigmoid(v) * Bf16Vector.Load(u + i));
                }
            }
        });
        GC.KeepAlive(gateUp);
        return output;
    }

    /// <summary>The gradient of both, side by side, and the output again.</summary>
    /// <param name="gradient">Of the output: <c>[..., width]</c>. Overwritten by the output.</param>
    /// <param name="gateUp">As in <see cref="Forward"/>.</param>
    public static (Tensor GateUp, Tensor Output) Backward(Tensor gradient, Tensor gateUp)
    {
        var width = gradient.shape[^1];
        if (!CpuTensor.HasWholeVectors(gradient) || !CpuTensor.IsReadable(gateUp))
        {
            return PlainBackward(gradient, gateUp);
        }

        var result = empty_like(gateUp);
        ushort* above = CpuTensor.Bf16(gradient), joint = CpuTensor.Bf16(gateUp), to = CpuTensor.Bf16(result);
        RowLoop.Run(gradient.numel() / width, RowLoop.Grain(width), [MethodImpl(RowLoop.Optimized)] (first, end) =>
        {
            for (var row = first; row < end; row++)
            {
                BackwardRow(above + (row * width), joint + (row * 2 * width), to + (row * 2 * width), width);
            }
        });
        GC.KeepAlive(gateUp);
        return (result, gradient);
    }

    /// <summary>CLIP's x * sigmoid(1.702 x), in place where it can be: <c>[...]</c>.</summary>
    public static Tensor QuickGelu(Tensor x)
    {
        if (!CpuTensor.HasWholeVectors(x))
        {
            var wide = x.to(ScalarType.Float32);
            return (wide * wide.Times(QuickGeluFactor).sigmoid_()).to(x.dtype);
        }

        var all = CpuTensor.Bf16(x);
        RowLoop.Run(x.numel(), Grain, [MethodImpl(RowLoop.Optimized)] (first, end) =>
        {
            for (var i = first; i < end; i += Bf16Vector.Width)
            {
                var v = Bf16Vector.Load(all + i);
                Bf16Vector.Store(all + i, v * Bf16Vector.Sigmoid(v * QuickGeluFactor));
            }
        });
        return x;
    }

    [MethodImpl(RowLoop.Optimized)]
    private static void BackwardRow(ushort* above, ushort* joint, ushort* to, long width)
    {
        for (var i = 0L; i < width; i += Bf16Vector.Width)
        {
            var (d, x, y) = (Bf16Vector.Load(above + i), Bf16Vector.Load(joint + i), Bf16Vector.Load(joint + width + i));
            var sigmoid = Bf16Vector.Sigmoid(x);
            var silu = x * sigmoid;
            var slope = Vector512.FusedMultiplyAdd(silu, Vector512<float>.One - sigmoid, sigmoid); // of SiLU: s + x s (1 - s)
            Bf16Vector.Store(to + i, d * y * slope);
            Bf16Vector.Store(to + width + i, d * silu);
            Bf16Vector.Store(above + i, silu * y);
        }
    }

    private static Tensor Gate(Tensor gateUp) => gateUp.narrow(-1, 0, gateUp.shape[^1] / 2).to(ScalarType.Float32);

    private static Tensor Up(Tensor gateUp) => gateUp.narrow(-1, gateUp.shape[^1] / 2, gateUp.shape[^1] / 2).to(ScalarType.Float32);

    private static (Tensor GateUp, Tensor Output) PlainBackward(Tensor gradient, Tensor gateUp)
    {
        var (gate, up) = (Gate(gateUp), Up(gateUp));
        var sigmoid = gate.sigmoid();
        var silu = gate * sigmoid;
        return (cat([gradient * up * sigmoid.Plus(silu * sigmoid.negative().Plus(1)), gradient * silu], -1).to(gateUp.dtype), (silu * up).to(gateUp.dtype));
    }
}
