using TorchSharp;

namespace Fovea.Models.Decoders;

/// <summary>
/// Looks at attention, or changes it, before or after the softmax: what decoding methods such as PAI (arXiv 2407.21771) and VAR (arXiv 2503.03321), and
/// analyses of attention need. The layers that it reads compute scores, softmax and sum one after the other by plain operators.
/// </summary>
public interface IAttentionHook
{
    /// <summary>Whether it looks at this layer; the others run as without a hook.</summary>
    /// <param name="layer">Index of the layer, from 0.</param>
    bool Reads(int layer) => true;

    /// <summary>Is given what enters the layer, before its norm.</summary>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="hidden">Of the new tokens: <c>[batch, query, hidden]</c>.</param>
    void OnInput(int layer, torch.Tensor hidden)
    {
    }

    /// <summary>Is given the layer's scores and returns those to use, the same tensor or another.</summary>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="scores">Scaled scores, -inf where a query may not look: <c>[batch, heads, query, key]</c>. Keys include cached ones.</param>
    torch.Tensor OnScores(int layer, torch.Tensor scores) => scores;

    /// <summary>Is given the layer's weights, the softmax of the scores, and returns those to use, the same tensor or another.</summary>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="weights">Each query's sum to 1: <c>[batch, heads, query, key]</c>.</param>
    torch.Tensor OnWeights(int layer, torch.Tensor weights) => weights;
}
