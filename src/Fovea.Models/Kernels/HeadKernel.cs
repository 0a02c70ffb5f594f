using System.Runtime.CompilerServices;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Kernels;

/// <summary>
/// Takes the joint projection of query, key and value apart into heads, turning them by rotary positions (arXiv 2104.09864) and scaling queries on the way;
/// and back for gradients. Bfloat16, float32 between, one pass over memory.
/// </summary>
internal static unsafe class HeadKernel
{
    private const int Block = 32; // tokens whose projections stay in the cache while heads are taken from them
    private const int MostDim = 1 << 12; // of a head: its sum is on the stack

    /// <summary>Splits and turns.</summary>
    /// <param name="joint"><c>[batch, seq, (queries + 2 key_values) * dim]</c>.</param>
    /// <param name="rotation">Float32, halves not interleaved; null for no turning.</param>
    /// <param name="shape">Of the heads.</param>
    /// <param name="queryScale">What queries are multiplied by.</param>
    /// <returns>Three of <c>[batch * queries, seq, dim]</c>; keys and values repeated for the queries that share them.</returns>
    public static (Tensor Query, Tensor Key, Tensor Value) Split(Tensor joint, RotaryFactors? rotation, HeadShape shape, float queryScale)
    {
        if (!CpuTensor.IsReadable(joint) || !Fits(shape))
        {
            return PlainSplit(joint, rotation, shape, queryScale);
        }

        var (batch, seq, half) = (joint.shape[0], joint.shape[1], shape.Dim / 2);
        long[] size = [batch * shape.Queries, seq, shape.Dim];
        var (query, key, value) = (empty(size, ScalarType.BFloat16), empty(size, ScalarType.BFloat16), empty(size, ScalarType.BFloat16));
        ushort* from = CpuTensor.Bf16(joint), q = CpuTensor.Bf16(query), k = CpuTensor.Bf16(key), v = CpuTensor.Bf16(value);
        var turns = new RotaryTable(rotation);
        long blocks = (seq + Block - 1) / Block, dim = shape.Dim;
        RowLoop.Run(batch * blocks, 1, [MethodImpl(RowLoop.Optimized)] (first, end) =>
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
                        RotaryKernel.Rotate(source, target, kind == 2 ? default : turns.At(b, s, seq, dim), half, kind == 0 ? queryScale : 1, 1);
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
    public static Tensor Join(Tensor query, Tensor key, Tensor value, RotaryFactors? rotation, HeadShape shape, float queryScale)
    {
        if (!CpuTensor.IsReadable(query) || !CpuTensor.IsReadable(key) || !CpuTensor.IsReadable(value) || !Fits(shape))
        {
            return PlainJoin(query, key, value, rotation, shape, queryScale);
        }

        long batch = query.shape[0] / shape.Queries, seq = query.shape[1], dim = shape.Dim;
        var joint = empty([batch, seq, shape.All * dim], ScalarType.BFloat16);
        ushort* q = CpuTensor.Bf16(query), k = CpuTensor.Bf16(key), v = CpuTensor.Bf16(value), to = CpuTensor.Bf16(joint);
        var turns = new RotaryTable(rotation);
        RowLoop.Run(batch * seq, Block, [MethodImpl(RowLoop.Optimized)] (first, end) =>
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
                        RotaryKernel.Rotate(source, target, turn, dim / 2, kind == 0 ? queryScale : 1, -1);
                    }
                    else
                    {
                        RotaryKernel.Sum(source, sum, group, seq * dim, dim);
                        RotaryKernel.RotateSum(sum, target, turn, dim / 2);
                    }
                }
            }
        });
        GC.KeepAlive(rotation);
        GC.KeepAlive((query, key, value));
        return joint;
    }

    private static bool Fits(HeadShape shape) => Bf16Vector.IsWhole(shape.Dim / 2) && shape.Dim <= MostDim;

    private static (Tensor Query, Tensor Key, Tensor Value) PlainSplit(Tensor joint, RotaryFactors? rotation, HeadShape shape, float queryScale)
    {
        var parts = joint.unflatten(2, [shape.All, shape.Dim]).split([shape.Queries, shape.KeyValues, shape.KeyValues], 2);
        Tensor Rows(Tensor x) => x.transpose(1, 2).flatten(0, 1).contiguous();
        Tensor Shared(Tensor x) => Rows(shape.Group == 1 ? x : x.repeat_interleave(shape.Group, 2));
        Tensor Turned(Tensor x, float scale) => (rotation is null
            ? x.to(ScalarType.Float32) : (x * rotation.Cosine).Plus(x.roll(shape.Dim / 2, -1) * rotation.SignedSine)).Times(scale).to(x.dtype);
        return (Rows(Turned(parts[0], queryScale)), Shared(Turned(parts[1], 1)), Shared(parts[2]));
    }

    private static Tensor PlainJoin(Tensor query, Tensor key, Tensor value, RotaryFactors? rotation, HeadShape shape, float queryScale)
    {
        Tensor Heads(Tensor x) => x.to(ScalarType.Float32).unflatten(0, [-1, shape.Queries]).transpose(1, 2); // [batch, seq, queries, dim]
        Tensor Summed(Tensor x) => shape.Group == 1 ? Heads(x) : Heads(x).unflatten(2, [shape.KeyValues, shape.Group]).sum(3);
        Tensor Back(Tensor x) => rotation is null ? x : (x * rotation.Cosine) - (x.roll(shape.Dim / 2, -1) * rotation.SignedSine);
        return cat([Back(Heads(query).Times(queryScale)), Back(Summed(key)), Summed(value)], 2).flatten(2).to(query.dtype);
    }
}
