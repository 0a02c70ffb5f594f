using static TorchSharp.torch;

namespace Fovea.Models.MixedPrecision;

/// <summary>What a block's gradients need beside its input: weights in bfloat16, activations.</summary>
internal sealed class MixedActivations : IDisposable
{
    public required Tensor QueryKeyValue, Output, GateUp, Down, AttentionScale;

    public Tensor Attended = null!, MlpScale = null!, GateUpOut = null!;

    /// <summary>Holds what it keeps apart from dispose scopes by itself.</summary>
    public CausalAttention Attention = null!;

    private IEnumerable<Tensor> All => [QueryKeyValue, Output, GateUp, Down, AttentionScale, Attended, MlpScale, GateUpOut];

    public void Detach()
    {
        foreach (var tensor in All)
        {
            tensor.DetachFromDisposeScope();
        }
    }

    public void Dispose()
    {
        foreach (var tensor in All)
        {
            tensor.Dispose();
        }

        Attention.Dispose();
    }
}
