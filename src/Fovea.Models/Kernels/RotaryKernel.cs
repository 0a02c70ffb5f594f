using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Models.Kernels;

/// <summary>One head of one token, turned by its rotary position on the way from one place to another.</summary>
internal static unsafe class RotaryKernel
{
    /// <summary>Turns, forwards (<paramref name="direction"/> 1) or back (-1), and scales: two halves of <paramref name="half"/> numbers.</summary>
    [MethodImpl(RowLoop.Optimized)]
    public static void Rotate(ushort* from, ushort* to, RotaryFactor turn, long half, float scale, float direction)
    {
        var factor = Vector512.Create(scale);
        if (turn.Cosine == null)
        {
            for (var j = 0L; j < 2 * half; j += Bf16Vector.Width)
            {
                Bf16Vector.Store(to + j, Bf16Vector.Load(from + j) * factor);
            }

            return;
        }

        var sign = Vector512.Create(direction);
        for (var j = 0L; j < half; j += Bf16Vector.Width)
        {
            var (low, high) = (Bf16Vector.Load(from + j), Bf16Vector.Load(from + half + j));
            var (lowSine, highSine) = (Vector512.Load(turn.SignedSine + j) * sign, Vector512.Load(turn.SignedSine + half + j) * sign);
            var (lowCosine, highCosine) = (Vector512.Load(turn.Cosine + j), Vector512.Load(turn.Cosine + half + j));
            Bf16Vector.Store(to + j, Vector512.FusedMultiplyAdd(low, lowCosine, high * lowSine) * factor);
            Bf16Vector.Store(to + half + j, Vector512.FusedMultiplyAdd(high, highCosine, low * highSine) * factor);
        }
    }

    /// <summary>The sum, in float32, of the heads of a group, which are <paramref name="stride"/> apart: <c>[dim]</c>.</summary>
    [MethodImpl(RowLoop.Optimized)]
    public static void Sum(ushort* from, float* sum, int group, long stride, long dim)
    {
        for (var j = 0L; j < dim; j += Bf16Vector.Width)
        {
            var total = Vector512<float>.Zero;
            for (var g = 0; g < group; g++)
            {
                total += Bf16Vector.Load(from + (g * stride) + j);
            }

            Vector512.Store(total, sum + j);
        }
    }

    /// <summary>Turns such a sum back.</summary>
    [MethodImpl(RowLoop.Optimized)]
    public static void RotateSum(float* from, ushort* to, RotaryFactor turn, long half)
    {
        for (var j = 0L; j < half; j += Bf16Vector.Width)
        {
            var (low, high) = (Vector512.Load(from + j), Vector512.Load(from + half + j));
            if (turn.Cosine != null)
            {
                var turnedLow = (low * Vector512.Load(turn.Cosine + j)) - (high * Vector512.Load(turn.SignedSine + j));
                high = (high * Vector512.Load(turn.Cosine + half + j)) - (low * Vector512.Load(turn.SignedSine + half + j));
                low = turnedLow;
            }

            Bf16Vector.Store(to + j, low);
            Bf16Vector.Store(to + half + j, high);
        }
    }
}
