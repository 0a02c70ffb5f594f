using TorchSharp;

namespace Fovea.Models.Decoders;

/// <summary>
/// Looks at attention, or changes it, between the scores and the softmax: what decoding methods such as PAI (arXiv 2407.21771)
/// and analyses of attention need. Setting one makes the decoder take the explicit softmax.
/// </summary>
public interface IAttentionHook
{
    /// <summary>Is given each layer's scores and returns those to use, the same tensor or another.</summary>
    /// <param name="layer">Index of the layer, from 0.</param>
    /// <param name="scores">Scaled scores, -inf where a query may not look: <c>[batch, heads, query, key]</c>. Keys include cached ones.</param>
    torch.Tensor OnScores(int layer, torch.Tensor scores);
}
