using static TorchSharp.torch;

namespace Fovea.Models.MixedPrecision;

/// <summary>x / sqrt(mean(x^2) + eps) * weight over the last dimension in bfloat16, sums in float32 (arXiv 1910.07467), with its gradient.</summary>
internal static class MixedNorm
{
    /// <summary>1 / sqrt(mean(x^2) + eps): <c>[..., hidden]</c> -> <c>[..., 1]</c>, bfloat16.</summary>
    public static Tensor Scale(Tensor x, double eps)
    {
        using var scope = NewDisposeScope();
        return linalg.vector_norm(x.to(ScalarType.Float32), 2, dims: [-1], keepdim: true)
            .pow_(2).mul_(1f / x.shape[^1]).add_((float)eps).rsqrt_().to(ScalarType.BFloat16).MoveToOuterDisposeScope();
    }

    /// <summary>The gradient of the input; adds the weight's.</summary>
    /// <param name="x">The input: <c>[..., hidden]</c>.</param>
    /// <param name="scale">As <see cref="Scale"/> gave it.</param>
    /// <param name="parameter">The weight: <c>[hidden]</c>.</param>
    /// <param name="gradient">Of the output; overwritten.</param>
    public static Tensor Backward(Tensor x, Tensor scale, Tensor parameter, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        var unit = x * scale;
        Gradients.Add(parameter, () => Gradients.Rows(gradient * unit));
        var inner = gradient.mul_(parameter.to(ScalarType.BFloat16));
        var along = (inner * unit).sum(-1, keepdim: true).mul_(1f / x.shape[^1]); // [..., 1]; the sum is taken in float32 within the operator
        return inner.addcmul_(unit, along, -1).mul_(scale).alias().MoveToOuterDisposeScope();
    }
}
