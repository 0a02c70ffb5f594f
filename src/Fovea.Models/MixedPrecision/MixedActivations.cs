using static TorchSharp.torch;

namespace Fovea.Models.MixedPrecision;

/// <summary>What a block's gradients need beside its input: weights in bfloat16, activations.</summary>
internal sealed class MixedActivations : IDisposable
{
    public required Tensor QueryKeyValue, Output, GateUp, Down, AttentionScale;

    public Tensor Mixed = null!, Attended = null!, MlpScale = null!, GateUpOut = null!;

    /// <summary>Leaves of the fused operator's graph.</summary>
    public Tensor? Query, Key, Value;

    public CausalAttention? Attention;

    private IEnumerable<Tensor> All => new[]
    {
        QueryKeyValue, Output, GateUp, Down, AttentionScale, Mixed, Attended, MlpScale, GateUpOut, Query, Key, Value,
    }.OfType<Tensor>();

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

        Attention?.Dispose();
    }
}
