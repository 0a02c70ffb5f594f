using static TorchSharp.torch;

namespace Fovea.Models.Decoders;

/// <summary>x / sqrt(mean(x^2) + eps) * weight over the last dimension (arXiv 1910.07467).</summary>
internal sealed class RmsNorm(Tensor weight, double eps)
{
    /// <summary><c>[..., hidden]</c> -> the same.</summary>
    public Tensor Forward(Tensor x)
    {
        var scale = x.square().mean([-1], keepdim: true).add_(eps).rsqrt_(); // [..., 1]
        return x * scale * weight;
    }
}
