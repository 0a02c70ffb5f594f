namespace Fovea.Models.Decoders;

/// <summary>In which type a matrix product is taken. Parameters, sums and norms stay in float32.</summary>
public enum MatmulType
{
    /// <summary>float32 throughout; where a model was loaded with other parameters, the product is taken in their type.</summary>
    F32,

    /// <summary>Weight and input are cast to bfloat16 for the product, and its result back.</summary>
    BF16,
}

/// <summary>Types of the matrix products, by kind of layer.</summary>
/// <param name="Attention">Projections of query, key, value and output.</param>
/// <param name="Mlp">Gate, up and down projections; in a tower and a projector, both layers.</param>
/// <param name="Head">Projection to the vocabulary.</param>
public sealed record MatmulPolicy(MatmulType Attention, MatmulType Mlp, MatmulType Head)
{
    /// <summary>float32 everywhere: what golden values are compared in.</summary>
    public static MatmulPolicy F32 { get; } = new(MatmulType.F32, MatmulType.F32, MatmulType.F32);

    /// <summary>bfloat16 everywhere: pays from a hidden size of about 128.</summary>
    public static MatmulPolicy BF16 { get; } = new(MatmulType.BF16, MatmulType.BF16, MatmulType.BF16);
}
