using Fovea.Models.Configs;
using Fovea.Training.Options;

namespace Fovea.Training.Memory;

/// <summary>
/// Bytes that one block keeps for its backward pass, a token: the tensors that libtorch saves, counted by hand from the blocks' own operations.
/// With bf16 products each product also keeps its input in bfloat16, and the float32 input of a product is kept only where something else needs it.
/// </summary>
internal static class ActivationEstimate
{
    private const int Float = 4, Brain = 2;

    /// <summary>A decoder block: norms 4 x hidden and the two sums; query, key, value, their mix and its copy; gate, its activation, up, product.</summary>
    public static long DecoderBlock(DecoderConfig c, Precision precision)
    {
        long h = c.HiddenSize, q = (long)c.NumHeads * c.HeadDim, m = c.IntermediateSize;
        return precision == Precision.F32
            ? Float * ((6 * h) + (5 * q) + (4 * m))
            : (Float * ((4 * h) + (4 * q))) + (Brain * ((2 * h) + q + (4 * m)));
    }

    /// <summary>A tower block: two norms and their inputs, query, key, value, mix and copy; the inner layer before and after its activation.</summary>
    public static long TowerBlock(VisionConfig c, Precision precision)
    {
        long h = c.HiddenSize, m = c.IntermediateSize;
        return precision == Precision.F32
            ? Float * ((9 * h) + (3 * m))
            : (Float * ((6 * h) + (2 * m))) + (Brain * ((5 * h) + m));
    }
}
