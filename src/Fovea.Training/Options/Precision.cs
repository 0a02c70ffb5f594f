namespace Fovea.Training.Options;

/// <summary>Type of the matrix products of a training run.</summary>
public enum Precision
{
    /// <summary>float32 throughout.</summary>
    F32,

    /// <summary>Weights and inputs are cast to bfloat16 for each product, results back: parameters are float32 masters.</summary>
    BF16,
}
