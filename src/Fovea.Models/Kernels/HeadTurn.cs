using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace Fovea.Models.Kernels;

/// <summary>The shape of an attention's heads.</summary>
/// <param name="Queries">Heads of queries.</param>
/// <param name="KeyValues">Heads of keys and of values; each serves Queries / KeyValues heads of queries.</param>
/// <param name="Dim">Width of a head.</param>
internal readonly record struct HeadShape(int Queries, int KeyValues, int Dim)
{
    public int All => Queries + (2 * KeyValues);

    public int Group => Queries / KeyValues;

    /// <summary>What attention multiplies scores by: 1 / sqrt(dim).</summary>
    public float Scale => 1f / MathF.Sqrt(Dim);
}

/// <summary>Rotary turns of one pass, float32.</summary>
/// <param name="Cosine"><c>[(batch,) seq, 1, dim]</c>.</param>
/// <param name="SignedSine">Negative in the first half: the same shape.</param>
internal sealed record HeadRotation(Tensor Cosine, Tensor SignedSine);

/// <summary>One head of one token, turned on the way from one place to another.</summary>
internal static unsafe class HeadTurn
{
    /// <summary>Turns, forwards (<paramref name="direction"/> 1) or back (-1), and scales: two halves of <paramref name="half"/> numbers.</summary>
    [MethodImpl(Host.Optimized)]
    public static void Turn(ushort* from, ushort* to, HeadTurned turn, long half, float scale, float direction)
    {
        var factor = Vector512.Create(scale);
        if (turn.Cosine == null)
        {
            for (var j = 0L; j < 2 * half; j += Brain.Width)
            {
                Brain.Store(to + j, Brain.Load(from + j) * factor);
            }

            return;
        }

        var sign = Vector512.Create(direction);
        for (var j = 0L; j < half; j += Brain.Width)
        {
            var (low, high) = (Brain.Load(from + j), Brain.Load(from + half + j));
            var (lowSine, highSine) = (Vector512.Load(turn.SignedSine + j) * sign, Vector512.Load(turn.SignedSine + half + j) * sign);
            var (lowCosine, highCosine) = (Vector512.Load(turn.Cosine + j), Vector512.Load(turn.Cosine + half + j));
            Brain.Store(to + j, Vector512.FusedMultiplyAdd(low, lowCosine, high * lowSine) * factor);
            Brain.Store(to + half + j, Vector512.FusedMultiplyAdd(high, highCosine, low * highSine) * factor);
        }
    }

    /// <summary>The sum, in float32, of the heads of a group, which are <paramref name="stride"/> apart: <c>[dim]</c>.</summary>
    [MethodImpl(Host.Optimized)]
    public static void Sum(ushort* from, float* sum, int group, long stride, long dim)
    {
        for (var j = 0L; j < dim; j += Brain.Width)
        {
            var total = Vector512<float>.Zero;
            for (var g = 0; g < group; g++)
            {
                total += Brain.Load(from + (g * stride) + j);
            }

            Vector512.Store(total, sum + j);
        }
    }

    /// <summary>Turns such a sum back.</summary>
    [MethodImpl(Host.Optimized)]
    public static void TurnSum(float* from, ushort* to, HeadTurned turn, long half)
    {
        for (var j = 0L; j < half; j += Brain.Width)
        {
            var (low, high) = (Vector512.Load(from + j), Vector512.Load(from + half + j));
            if (turn.Cosine != null)
            {
                var turnedLow = (low * Vector512.Load(turn.Cosine + j)) - (high * Vector512.Load(turn.SignedSine + j));
                high = (high * Vector512.Load(turn.Cosine + half + j)) - (low * Vector512.Load(turn.SignedSine + half + j));
                low = turnedLow;
            }

            Brain.Store(to + j, low);
            Brain.Store(to + half + j, high);
        }
    }
}

/// <summary>Where in memory one token's turn is; null pointers for none.</summary>
internal readonly unsafe struct HeadTurned(float* cosine, float* signedSine)
{
    public readonly float* Cosine = cosine, SignedSine = signedSine;
}

/// <summary>Where in memory the turns of all tokens of a pass are.</summary>
internal readonly unsafe struct HeadTurns
{
    private readonly float* _cosine, _sine;
    private readonly bool _byRow;

    public HeadTurns(HeadRotation? rotation)
    {
        if (rotation is not null)
        {
            _cosine = Host.Pointer<float>(rotation.Cosine);
            _sine = Host.Pointer<float>(rotation.SignedSine);
            _byRow = rotation.Cosine.dim() == 4 && rotation.Cosine.shape[0] > 1;
        }
    }

    public HeadTurned At(long row, long position, long seq, long dim)
    {
        var at = ((_byRow ? row * seq : 0) + position) * dim;
        return _cosine == null ? default : new HeadTurned(_cosine + at, _sine + at);
    }
}
