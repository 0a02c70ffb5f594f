using static TorchSharp.torch;

namespace Fovea.Models.Decoders;

/// <summary>x W^T + b with parameters that belong to a <c>ParameterSet</c>: <c>[..., in]</c> -> <c>[..., out]</c>.</summary>
internal sealed class Linear(Tensor weight, Tensor? bias)
{
    public Tensor Weight => weight;

    public Tensor? Bias => bias;

    public Tensor Forward(Tensor x, MatmulType type) => Product(x, weight, bias, type);

    /// <summary>x W^T + b in the given type, back in float32.</summary>
    public static Tensor Product(Tensor x, Tensor weight, Tensor? bias, MatmulType type) => type == MatmulType.F32
        ? nn.functional.linear(x, weight, bias!)
        : nn.functional.linear(x.to(ScalarType.BFloat16), weight.to(ScalarType.BFloat16), bias?.to(ScalarType.BFloat16)!).to(ScalarType.Float32);
}
