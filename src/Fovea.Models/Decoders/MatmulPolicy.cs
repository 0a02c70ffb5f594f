using Fovea.Torch;

namespace Fovea.Models.Decoders;

/// <summary>Types of the matrix products, by kind of layer.</summary>
/// <param name="Attention">Projections of query, key, value and output.</param>
/// <param name="Mlp">Gate, up and down projections; in a tower and a projector, both layers.</param>
/// <param name="Head">Projection to the vocabulary.</param>
public sealed record MatmulPolicy(DType Attention, DType Mlp, DType Head)
{
    /// <summary>float32 everywhere: what golden values are compared in.</summary>
    public static MatmulPolicy F32 { get; } = new(DType.F32, DType.F32, DType.F32);

    /// <summary>bfloat16 everywhere: pays from a hidden size of about 128.</summary>
    public static MatmulPolicy BF16 { get; } = new(DType.BF16, DType.BF16, DType.BF16);
}
