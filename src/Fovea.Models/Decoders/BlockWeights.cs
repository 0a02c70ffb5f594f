using static TorchSharp.torch;

namespace Fovea.Models.Decoders;

/// <summary>What a block is made of.</summary>
/// <param name="AttentionNorm"><c>[hidden]</c>.</param>
/// <param name="QueryKeyValue">The three projections.</param>
/// <param name="Output">The fourth.</param>
/// <param name="MlpNorm"><c>[hidden]</c>.</param>
/// <param name="Gate">Under SiLU.</param>
/// <param name="Up">Times the gate.</param>
/// <param name="Down">Back to the residual stream.</param>
internal sealed record BlockWeights(Tensor AttentionNorm, IReadOnlyList<Linear> QueryKeyValue, Linear Output, Tensor MlpNorm, Linear Gate,
    Linear Up, Linear Down)
{
    /// <summary>All seven projections.</summary>
    public IEnumerable<Linear> Linears => [.. QueryKeyValue, Output, Gate, Up, Down];
}
