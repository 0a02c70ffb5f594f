using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Inference;

/// <summary>x W^T + b in bfloat16 with a weight laid out for it once, and what usually follows such a product: <c>[..., in]</c> -> <c>[..., out]</c>.</summary>
internal sealed class PackedLinear : IDisposable
{
    private readonly FusedProducts? _products;
    private readonly Tensor _weight; // [out, in], as the products read it
    private readonly Tensor? _bias; // [out]

    /// <summary>Copies a weight, with any factor of its inputs (a norm's weight) multiplied in.</summary>
    /// <param name="products">Null: plain operators.</param>
    /// <param name="weight">Of any floating-point type: <c>[out, in]</c>.</param>
    /// <param name="bias"><c>[out]</c>; null for none.</param>
    /// <param name="inputScale"><c>[in]</c>; null for ones.</param>
    public PackedLinear(FusedProducts? products, Tensor weight, Tensor? bias = null, Tensor? inputScale = null)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        _products = products;
        var scaled = inputScale is null ? weight : weight.to(ScalarType.Float32) * inputScale.to(ScalarType.Float32);
        var whole = scaled.to(ScalarType.BFloat16).contiguous();
        _weight = (products is not null ? products.Pack(whole)
            : scaled.dtype == ScalarType.BFloat16 && inputScale is null ? whole.clone() : whole).DetachFromDisposeScope();
        _bias = bias?.to(ScalarType.BFloat16, copy: true).DetachFromDisposeScope();
    }

    /// <summary>x W^T + b.</summary>
    public Tensor Forward(Tensor x) => _products?.Plain(x, _weight, _bias) ?? nn.functional.linear(x, _weight, _bias!);

    /// <summary>GELU of <see cref="Forward"/>.</summary>
    public Tensor Gelu(Tensor x) => _products is null || _bias is null ? nn.functional.gelu(Forward(x)) : _products.Gelu(x, _weight, _bias);

    /// <summary><see cref="Forward"/>, plus <paramref name="other"/> of the same shape.</summary>
    public Tensor Plus(Tensor x, Tensor other) => _products?.Plus(x, _weight, _bias, other) ?? Forward(x).AddInPlace(other);

    public void Dispose()
    {
        _weight.Dispose();
        _bias?.Dispose();
    }
}
