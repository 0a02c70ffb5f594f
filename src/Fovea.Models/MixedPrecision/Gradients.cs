using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.MixedPrecision;

/// <summary>Gradients that are computed in bfloat16 and summed in the parameters' own type.</summary>
internal static class Gradients
{
    /// <summary>Adds to a parameter's gradient, if it is trained.</summary>
    public static void Add(Tensor parameter, Func<Tensor> gradient)
    {
        if (!parameter.requires_grad)
        {
            return;
        }

        using var scope = NewDisposeScope();
        var value = gradient();
        if (parameter.grad is { } sum)
        {
            sum.AddInPlace(value);
        }
        else
        {
            parameter.grad = value.to(parameter.dtype, copy: true); // the parameter holds it, not this scope
        }
    }

    /// <summary>x^T y over all leading axes: <c>[..., a]</c>, <c>[..., b]</c> -> <c>[a, b]</c>.</summary>
    public static Tensor Outer(Tensor x, Tensor y) => x.reshape(-1, x.shape[^1]).t().mm(y.reshape(-1, y.shape[^1]));

    /// <summary>Sum over all leading axes, in float32: <c>[..., a]</c> -> <c>[a]</c>.</summary>
    public static Tensor Rows(Tensor x) => x.reshape(-1, x.shape[^1]).to(ScalarType.Float32).sum(dim: 0);
}
