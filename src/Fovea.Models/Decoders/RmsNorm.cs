using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Decoders;

/// <summary>x / sqrt(mean(x^2) + eps) * weight over the last dimension (arXiv 1910.07467).</summary>
internal sealed class RmsNorm(Tensor weight, double eps)
{
    public Tensor Weight => weight;

    private readonly double _perElement = 1.0 / weight.numel();

    /// <summary><c>[..., hidden]</c> -> the same. A scaled sum, because the gradient of a mean fills a whole tensor first.</summary>
    public Tensor Forward(Tensor x)
    {
        var scale = x.Squared().sum(-1, keepdim: true).MultiplyInPlace(_perElement).AddInPlace(eps).rsqrt_(); // [..., 1]
        return x * scale * weight;
    }
}
