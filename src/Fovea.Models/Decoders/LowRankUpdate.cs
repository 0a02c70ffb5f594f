using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Decoders;

/// <summary>A low-rank update of a linear map (LoRA, arXiv 2106.09685): scale * B A x. The parameters belong to an adapter.</summary>
/// <param name="Down">A: <c>[rank, in]</c>.</param>
/// <param name="Up">B: <c>[out, rank]</c>.</param>
/// <param name="Scale">alpha / rank, or alpha / sqrt(rank) (rsLoRA, arXiv 2312.03732).</param>
internal sealed record LowRankUpdate(Tensor Down, Tensor Up, double Scale)
{
    /// <summary>Whether it is being trained.</summary>
    public bool IsTrained => Down.requires_grad || Up.requires_grad;

    /// <summary><c>[..., in]</c> -> <c>[..., out]</c>.</summary>
    public Tensor Forward(Tensor x, DType type) => Forward(x, Up, type);

    /// <summary>The same with B's rows in another order.</summary>
    public Tensor Forward(Tensor x, Tensor up, DType type) =>
        Linear.Product(Linear.Product(x, Down, null, type), up, null, type).Times(Scale);

    /// <summary>What merging adds to the weight: <c>[out, in]</c>.</summary>
    public Tensor Merged() => Up.matmul(Down).Times(Scale);
}
