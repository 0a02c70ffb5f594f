using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Fovea.Models.Kernels;

/// <summary>Sixteen bfloat16 numbers at a time, as float32 in registers.</summary>
internal static unsafe class Bf16Vector
{
    public const int Width = 16;

    /// <summary>Whether rows of a width hold nothing but whole vectors.</summary>
    public static bool IsWhole(long width) => width % Width == 0;

    /// <summary>Reads 16 numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ushort* from) => (Widen(Vector256.Load(from)) << 16).AsSingle();

    /// <summary>Writes 16 numbers, rounded to the nearest, ties to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ushort* to, Vector512<float> x)
    {
        var bits = x.AsUInt32();
        var rounded = (bits + Vector512.Create(0x7fffu) + ((bits >> 16) & Vector512<uint>.One)) >> 16;
        Vector256.Store(Avx512F.IsSupported ? Avx512F.ConvertToVector256UInt16(rounded) : Vector256.Narrow(rounded.GetLower(), rounded.GetUpper()), to);
    }

    /// <summary>One number.</summary>
    public static float Single(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary>One number, rounded as <see cref="Store"/> does.</summary>
    public static ushort Bits(float x)
    {
        var bits = BitConverter.SingleToUInt32Bits(x);
        return (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>
    /// e^x, to 1e-5 of it at -87 and far better near 0; 0 below -87, and never infinite. 2^n 2^f, where n + f = x / ln 2 and f is between -1/2 and 1/2:
    /// Taylor's series of degree 6.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        const float Shift = 12582912f; // 1.5 * 2^23: what is added to it is rounded to a whole number in its lowest bits
        var t = Vector512.MinNative(Vector512.Create(127f), x * 1.44269504f); // in this order NaN stays NaN
        var shifted = t + Vector512.Create(Shift);
        var f = t - (shifted - Vector512.Create(Shift));
        var p = Vector512.FusedMultiplyAdd(Vector512.Create(1.5403530e-4f), f, Vector512.Create(1.3333558e-3f));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(9.6181291e-3f));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(5.5504109e-2f));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(2.4022651e-1f));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(6.9314718e-1f));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512<float>.One);
        var power = ((shifted.AsInt32() << 23) + p.AsInt32()).AsSingle();
        return Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512.Create(-87f)), Vector512<float>.Zero, power);
    }

    /// <summary>1 / (1 + e^-x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sigmoid(Vector512<float> x) => Reciprocal(Vector512<float>.One + Exp(-x));

    /// <summary>The largest lane; what a NaN lane does is open.</summary>
    public static float Largest(Vector512<float> x)
    {
        var half = Vector256.MaxNative(x.GetLower(), x.GetUpper());
        var quarter = Vector128.MaxNative(half.GetLower(), half.GetUpper());
        return Math.Max(Math.Max(quarter.GetElement(0), quarter.GetElement(1)), Math.Max(quarter.GetElement(2), quarter.GetElement(3)));
    }

    /// <summary>1 / x, x from 1 to 2^126: where the processor only estimates it, with one step of Newton's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Reciprocal(Vector512<float> x)
    {
        if (!Avx512F.IsSupported)
        {
            return Vector512<float>.One / x;
        }

        var estimate = Avx512F.Reciprocal14(x);
        return estimate * Vector512.FusedMultiplyAdd(-x, estimate, Vector512.Create(2f));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Widen(Vector256<ushort> x)
    {
        if (Avx512F.IsSupported)
        {
            return Avx512F.ConvertToVector512UInt32(x);
        }

        var (lower, upper) = Vector256.Widen(x);
        return Vector512.Create(lower, upper);
    }
}
