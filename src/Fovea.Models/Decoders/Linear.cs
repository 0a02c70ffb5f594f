using Fovea.Models.Parameters;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Decoders;

/// <summary>x W^T + b with parameters that belong to a <c>ParameterSet</c>: <c>[..., in]</c> -> <c>[..., out]</c>. May carry a low-rank adapter.</summary>
internal sealed class Linear(ParameterSet parameters, string name, bool bias)
{
    /// <summary>Name of the module in the model, without <c>.weight</c>.</summary>
    public string Name => name;

    public Tensor Weight { get; } = parameters[name + ".weight"];

    public Tensor? Bias { get; } = bias ? parameters[name + ".bias"] : null;

    /// <summary>Added to the product; null for none.</summary>
    public LowRankUpdate? Adapter { get; set; }

    /// <summary>The weight, an adapter's update merged in.</summary>
    public Tensor Whole() => Adapter is null ? Weight : Weight.Plus(Adapter.Merged());

    public Tensor Forward(Tensor x, DType type)
    {
        var product = Product(x, Weight, Bias, type);
        return Adapter is null ? product : product.Plus(Adapter.Forward(x, type));
    }

    /// <summary>x W^T + b in the given type, back in the type of x. A weight that is not held in float32 is multiplied in its own type.</summary>
    public static Tensor Product(Tensor x, Tensor weight, Tensor? bias, DType type)
    {
        var product = type == DType.BF16 ? ScalarType.BFloat16 : weight.dtype;
        return product == x.dtype && weight.dtype == product
            ? nn.functional.linear(x, weight, bias!)
            : nn.functional.linear(x.to(product), weight.to(product), bias?.to(product)!).to(x.dtype);
    }
}
