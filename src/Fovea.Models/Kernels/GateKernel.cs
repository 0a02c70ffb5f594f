using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace Fovea.Models.Kernels;

/// <summary>SiLU(gate) * up with its gradients: bfloat16 in and out, float32 between, one pass over memory.</summary>
internal static unsafe class GateKernel
{
    private const long Grain = 1 << 15;
    private const float QuickGeluFactor = 1.702f;

    /// <summary>SiLU(gate) * up: <c>[...]</c> each.</summary>
    public static Tensor Forward(Tensor gate, Tensor up)
    {
        if (!Host.HoldsWhole(gate) || !Host.HoldsWhole(up))
        {
            return (nn.functional.silu(gate.to(ScalarType.Float32)) * up).to(gate.dtype);
        }

        var output = empty_like(gate);
        ushort* g = Host.Brain(gate), u = Host.Brain(up), to = Host.Brain(output);
        Host.Loop(gate.numel(), Grain, [MethodImpl(Host.Optimized)] (first, end) =>
        {
            for (var i = first; i < end; i += Brain.Width)
            {
                var v = Brain.Load(g + i);
                Brain.Store(to + i, v * Brain.Sigmoid(v) * Brain.Load(u + i));
            }
        });
        GC.KeepAlive((gate, up));
        return output;
    }

    /// <summary>Gradients of both, and the output again.</summary>
    /// <param name="gradient">Of the output. Overwritten by the gate's.</param>
    /// <param name="gate">As in <see cref="Forward"/>.</param>
    /// <param name="up">As in <see cref="Forward"/>.</param>
    public static (Tensor Gate, Tensor Up, Tensor Output) Backward(Tensor gradient, Tensor gate, Tensor up)
    {
        if (!Host.HoldsWhole(gradient) || !Host.HoldsWhole(gate) || !Host.HoldsWhole(up))
        {
            return PlainBackward(gradient, gate, up);
        }

        var (upGradient, output) = (empty_like(up), empty_like(gate));
        ushort* d = Host.Brain(gradient), g = Host.Brain(gate), u = Host.Brain(up), dUp = Host.Brain(upGradient), to = Host.Brain(output);
        Host.Loop(gate.numel(), Grain, [MethodImpl(Host.Optimized)] (first, end) =>
        {
            for (var i = first; i < end; i += Brain.Width)
            {
                var (above, x, y) = (Brain.Load(d + i), Brain.Load(g + i), Brain.Load(u + i));
                var sigmoid = Brain.Sigmoid(x);
                var silu = x * sigmoid;
                var slope = Vector512.FusedMultiplyAdd(silu, Vector512<float>.One - sigmoid, sigmoid); // of SiLU: s + x s (1 - s)
                Brain.Store(to + i, silu * y);
                Brain.Store(dUp + i, above * silu);
                Brain.Store(d + i, above * y * slope);
            }
        });
        GC.KeepAlive((gate, up));
        return (gradient, upGradient, output);
    }

    /// <summary>CLIP's x * sigmoid(1.702 x), in place where it can be: <c>[...]</c>.</summary>
    public static Tensor QuickGelu(Tensor x)
    {
        if (!Host.HoldsWhole(x))
        {
            var wide = x.to(ScalarType.Float32);
            return (wide * (wide * QuickGeluFactor).sigmoid_()).to(x.dtype);
        }

        var all = Host.Brain(x);
        Host.Loop(x.numel(), Grain, [MethodImpl(Host.Optimized)] (first, end) =>
        {
            for (var i = first; i < end; i += Brain.Width)
            {
                var v = Brain.Load(all + i);
                Brain.Store(all + i, v * Brain.Sigmoid(v * QuickGeluFactor));
            }
        });
        return x;
    }

    private static (Tensor Gate, Tensor Up, Tensor Output) PlainBackward(Tensor gradient, Tensor gate, Tensor up)
    {
        var wide = gate.to(ScalarType.Float32);
        var sigmoid = wide.sigmoid();
        var silu = wide * sigmoid;
        return ((gradient * up.to(ScalarType.Float32) * (sigmoid + (silu * (1 - sigmoid)))).to(gate.dtype), (gradient * silu).to(up.dtype), (silu * up).to(gate.dtype));
    }
}
