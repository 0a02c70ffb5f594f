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

/// <summary>
/// Takes the joint projection of query, key and value apart into heads, turning them by rotary positions (arXiv 2104.09864) and scaling queries on the way; and back for
/// gradients. Bfloat16, float32 between, one pass over memory.
/// </summary>
internal static unsafe class HeadKernel
{
    private const int Block = 32; // tokens whose projections stay in the cache while heads are taken from them

    /// <summary>Splits and turns.</summary>
    /// <param name="joint"><c>[batch, seq, (queries + 2 key_values) * dim]</c>.</param>
    /// <param name="rotation">Float32, halves not interleaved; null for no turning.</param>
    /// <param name="shape">Of the heads.</param>
    /// <param name="queryScale">What queries are multiplied by.</param>
    /// <returns>Three of <c>[batch * queries, seq, dim]</c>; keys and values repeated for the queries that share them.</returns>
    public static (Tensor Query, Tensor Key, Tensor Value) Split(Tensor joint, HeadRotation? rotation, HeadShape shape, float queryScale)
    {
        if (!Host.Holds(joint) || !Brain.IsWhole(shape.Dim / 2))
        {
            return PlainSplit(joint, rotation, shape, queryScale);
        }

        var (batch, seq, half) = (joint.shape[0], joint.shape[1], shape.Dim / 2);
        long[] size = [batch * shape.Queries, seq, shape.Dim];
        var (query, key, value) = (empty(size, ScalarType.BFloat16), empty(size, ScalarType.BFloat16), empty(size, ScalarType.BFloat16));
        ushort* from = Host.Brain(joint), q = Host.Brain(query), k = Host.Brain(key), v = Host.Brain(value);
        var turns = new Turns(rotation);
        long blocks = (seq + Block - 1) / Block, dim = shape.Dim;
        Host.Loop(batch * blocks, 1, [MethodImpl(Host.Optimized)] (first, end) =>
        {
            for (var i = first; i < end; i++)
            {
                var (b, start) = (i / blocks, i % blocks * Block);
                for (var head = 0; head < shape.All; head++)
                {
                    var kind = head < shape.Queries ? 0 : head < shape.Queries + shape.KeyValues ? 1 : 2;
                    var to = kind == 0 ? q : kind == 1 ? k : v;
                    var (own, group) = kind == 0 ? (head, 1) : ((head - shape.Queries - ((kind - 1) * shape.KeyValues)) * shape.Group, shape.Group);
                    for (var s = start; s < Math.Min(seq, start + Block); s++)
                    {
                        var source = from + ((((b * seq) + s) * shape.All + head) * dim);
                        var target = to + (((((b * shape.Queries) + own) * seq) + s) * dim);
                        Turn(source, target, kind == 2 ? default : turns.At(b, s, seq, dim), half, kind == 0 ? queryScale : 1, 1);
                        for (var copy = 1; copy < group; copy++)
                        {
                            Buffer.MemoryCopy(target, target + (copy * seq * dim), dim * sizeof(ushort), dim * sizeof(ushort));
                        }
                    }
                }
            }
        });
        GC.KeepAlive(rotation);
        GC.KeepAlive(joint);
        return (query, key, value);
    }

    /// <summary>Gradients of the heads back to that of the joint projection.</summary>
    /// <param name="query">Of the turned, scaled queries: <c>[batch * queries, seq, dim]</c>.</param>
    /// <param name="key">The same shape.</param>
    /// <param name="value">The same shape.</param>
    /// <param name="rotation">As in <see cref="Split"/>.</param>
    /// <param name="shape">Of the heads.</param>
    /// <param name="queryScale">As in <see cref="Split"/>.</param>
    /// <returns><c>[batch, seq, (queries + 2 key_values) * dim]</c>.</returns>
    public static Tensor Join(Tensor query, Tensor key, Tensor value, HeadRotation? rotation, HeadShape shape, float queryScale)
    {
        if (!Host.Holds(query) || !Host.Holds(key) || !Host.Holds(value) || !Brain.IsWhole(shape.Dim / 2))
        {
            return PlainJoin(query, key, value, rotation, shape, queryScale);
        }

        long batch = query.shape[0] / shape.Queries, seq = query.shape[1], dim = shape.Dim;
        var joint = empty([batch, seq, shape.All * dim], ScalarType.BFloat16);
        ushort* q = Host.Brain(query), k = Host.Brain(key), v = Host.Brain(value), to = Host.Brain(joint);
        var turns = new Turns(rotation);
        Host.Loop(batch * seq, Block, [MethodImpl(Host.Optimized)] (first, end) =>
        {
            var sum = stackalloc float[shape.Dim];
            for (var head = 0; head < shape.All; head++)
            {
                var kind = head < shape.Queries ? 0 : head < shape.Queries + shape.KeyValues ? 1 : 2;
                var from = kind == 0 ? q : kind == 1 ? k : v;
                var (own, group) = kind == 0 ? (head, 1) : ((head - shape.Queries - ((kind - 1) * shape.KeyValues)) * shape.Group, shape.Group);
                for (var row = first; row < end; row++)
                {
                    var (b, s) = (row / seq, row % seq);
                    var source = from + (((((b * shape.Queries) + own) * seq) + s) * dim);
                    var target = to + (((row * shape.All) + head) * dim);
                    var turn = kind == 2 ? default : turns.At(b, s, seq, dim);
                    if (group == 1)
                    {
                        Turn(source, target, turn, dim / 2, kind == 0 ? queryScale : 1, -1);
                    }
                    else
                    {
                        Sum(source, sum, group, seq * dim, dim);
                        TurnSum(sum, target, turn, dim / 2);
                    }
                }
            }
        });
        GC.KeepAlive(rotation);
        GC.KeepAlive((query, key, value));
        return joint;
    }

    [MethodImpl(Host.Optimized)]
    private static void Turn(ushort* from, ushort* to, Turned turn, long half, float scale, float direction)
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

    [MethodImpl(Host.Optimized)]
    private static void Sum(ushort* from, float* sum, int group, long stride, long dim)
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

    [MethodImpl(Host.Optimized)]
    private static void TurnSum(float* from, ushort* to, Turned turn, long half)
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

    private static (Tensor Query, Tensor Key, Tensor Value) PlainSplit(Tensor joint, HeadRotation? rotation, HeadShape shape, float queryScale)
    {
        var parts = joint.unflatten(2, [shape.All, shape.Dim]).split([shape.Queries, shape.KeyValues, shape.KeyValues], 2);
        Tensor Rows(Tensor x) => x.transpose(1, 2).flatten(0, 1).contiguous();
        Tensor Shared(Tensor x) => Rows(shape.Group == 1 ? x : x.repeat_interleave(shape.Group, 2));
        Tensor Turned(Tensor x, float scale) => ((rotation is null ? x.to(ScalarType.Float32) : (x * rotation.Cosine) + (x.roll(shape.Dim / 2, -1) * rotation.SignedSine)) * scale).to(x.dtype);
        return (Rows(Turned(parts[0], queryScale)), Shared(Turned(parts[1], 1)), Shared(parts[2]));
    }

    private static Tensor PlainJoin(Tensor query, Tensor key, Tensor value, HeadRotation? rotation, HeadShape shape, float queryScale)
    {
        Tensor Heads(Tensor x) => x.to(ScalarType.Float32).unflatten(0, [-1, shape.Queries]).transpose(1, 2); // [batch, seq, queries, dim]
        Tensor Summed(Tensor x) => shape.Group == 1 ? Heads(x) : Heads(x).unflatten(2, [shape.KeyValues, shape.Group]).sum(3);
        Tensor Back(Tensor x) => rotation is null ? x : (x * rotation.Cosine) - (x.roll(shape.Dim / 2, -1) * rotation.SignedSine);
        return cat([Back(Heads(query) * queryScale), Back(Summed(key)), Summed(value)], 2).flatten(2).to(query.dtype);
    }

    /// <summary>Where one token's turn lies; null pointers for none.</summary>
    private readonly struct Turned(float* cosine, float* signedSine)
    {
        public readonly float* Cosine = cosine, SignedSine = signedSine;
    }

    private readonly struct Turns
    {
        private readonly float* _cosine, _sine;
        private readonly bool _byRow;

        public Turns(HeadRotation? rotation)
        {
            if (rotation is not null)
            {
                _cosine = Host.Pointer<float>(rotation.Cosine);
                _sine = Host.Pointer<float>(rotation.SignedSine);
                _byRow = rotation.Cosine.dim() == 4 && rotation.Cosine.shape[0] > 1;
            }
        }

        public Turned At(long row, long position, long seq, long dim)
        {
            var at = ((_byRow ? row * seq : 0) + position) * dim;
            return _cosine == null ? default : new Turned(_cosine + at, _sine + at);
        }
    }
}

/// <summary>Rotary turns of one pass, float32.</summary>
/// <param name="Cosine"><c>[(batch,) seq, 1, dim]</c>.</param>
/// <param name="SignedSine">Negative in the first half: the same shape.</param>
internal sealed record HeadRotation(Tensor Cosine, Tensor SignedSine);
