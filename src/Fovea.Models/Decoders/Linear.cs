using static TorchSharp.torch;

namespace Fovea.Models.Decoders;

/// <summary>x W^T + b with parameters that belong to a <c>ParameterSet</c>: <c>[..., in]</c> -> <c>[..., out]</c>.</summary>
internal sealed class Linear(Tensor weight, Tensor? bias)
{
    public Tensor Weight => weight;

    public Tensor? Bias => bias;

    public Tensor Forward(Tensor x, MatmulType type) => Product(x, weight, bias, type);

    /// <summary>
    /// Several maps of one input as a single product: <c>[..., in]</c> -> <c>[..., sum of out]</c>. Joining the weights costs far less than
    /// the products' overhead while they are small; the caller decides.
    /// </summary>
    public static Tensor Joint(Tensor x, Linear[] maps, MatmulType type)
    {
        var joined = cat(Array.ConvertAll(maps, m => m.Weight), 0); // [sum of out, in]
        var bias = maps[0].Bias is null ? null : cat(Array.ConvertAll(maps, m => m.Bias!), 0); // [sum of out]
        return Product(x, joined, bias, type);
    }

    public static Tensor Product(Tensor x, Tensor weight, Tensor? bias, MatmulType type) => type == MatmulType.F32
        ? nn.functional.linear(x, weight, bias!)
        : nn.functional.linear(x.to(ScalarType.BFloat16), weight.to(ScalarType.BFloat16), bias?.to(ScalarType.BFloat16)!).to(ScalarType.Float32);
}
