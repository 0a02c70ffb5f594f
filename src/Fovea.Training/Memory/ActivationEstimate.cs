using Fovea.Models.Configs;
using Fovea.Models.MixedPrecision;
using Fovea.Torch;

namespace Fovea.Training.Memory;

/// <summary>
/// Bytes that one block keeps for its backward pass: the tensors that are kept, counted by hand from the blocks' own operations. Of f32 and of the recorded
/// bf16 path (joined projections, adapters) a token, as libtorch saves them: with bf16 products each product also keeps its input in bfloat16, and the
/// float32 input of a product only where something else needs it. Of bf16 with gradients written out, by batch and length, since attention's probabilities
/// grow with the square of the length.
/// </summary>
internal static class ActivationEstimate
{
    private const int Float = 4, BFloat16 = 2;

    /// <summary>A decoder block: norms 4 x hidden and the two sums; query, key, value, their mix and its copy; gate, its activation, up, product.</summary>
    public static long DecoderBlock(DecoderConfig c, DType precision)
    {
        long h = c.HiddenSize, q = (long)c.NumHeads * c.HeadDim, m = c.IntermediateSize;
        return precision == DType.F32
            ? Float * ((6 * h) + (5 * q) + (4 * m))
            : (Float * ((4 * h) + (4 * q))) + (BFloat16 * ((2 * h) + q + (4 * m)));
    }

    /// <summary>
    /// A decoder block whose gradients are written out, all in bfloat16: its input and the sum after attention <c>[batch, seq, hidden]</c>; query, key and
    /// value, repeated for their groups, and their mix <c>[batch, seq, heads * head_dim]</c>; gate and up <c>[batch, seq, intermediate]</c>; and the
    /// probabilities
    /// <c>[heads, queries, keys]</c> of all pieces, unless they are computed again.
    /// </summary>
    /// <param name="c">Shape.</param>
    /// <param name="batch">Rows.</param>
    /// <param name="seq">Tokens per row.</param>
    /// <param name="pieces">Of attention.</param>
    public static long MixedBlock(DecoderConfig c, long batch, long seq, AttentionPieces pieces)
    {
        long h = c.HiddenSize, q = (long)c.NumHeads * c.HeadDim, m = c.IntermediateSize;
        var attention = pieces.Keeps(batch, c.NumHeads, seq) ? BFloat16 * batch * c.NumHeads * pieces.Probabilities(seq) : 0;
        return (BFloat16 * batch * seq * ((2 * h) + (4 * q) + (2 * m))) + attention;
    }

    /// <summary>
    /// What the gradients of such a block hold at their widest, a token, in bfloat16: of the MLP the product and the gradients of gate and of up; the
    /// norm's output; the gradients of the output, of the norm's output, of its two parts' sum and of its input.
    /// </summary>
    public static long MixedGradients(DecoderConfig c) => BFloat16 * ((3L * c.IntermediateSize) + (5L * c.HiddenSize));

    /// <summary>A tower block: two norms and their inputs, query, key, value, mix and copy; the inner layer before and after its activation.</summary>
    public static long TowerBlock(VisionConfig c, DType precision)
    {
        long h = c.HiddenSize, m = c.IntermediateSize;
        return precision == DType.F32
            ? Float * ((9 * h) + (3 * m))
            : (Float * ((6 * h) + (2 * m))) + (BFloat16 * ((5 * h) + m));
    }
}
