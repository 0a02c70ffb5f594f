namespace Fovea.Torch;

/// <summary>A type of numbers: of a model's parameters, or of its matrix products. Sums, norms and losses are float32 whatever it is.</summary>
public enum DType
{
    /// <summary>As it is: parameters as their files hold them (float64 becomes float32), products in the type of their weights.</summary>
    Auto,

    /// <summary>float32. A product with weights that were loaded in another type is taken in theirs.</summary>
    F32,

    /// <summary>bfloat16: half the memory, about three digits. Products cast weight and input, and their result back.</summary>
    BF16,
}
