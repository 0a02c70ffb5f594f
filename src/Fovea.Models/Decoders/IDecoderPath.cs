using static TorchSharp.torch;

namespace Fovea.Models.Decoders;

/// <summary>
/// A way through a decoder for one purpose, beside its own plain operators, which serve every device and type. A path knows the decoder and reads its
/// parameters; the decoder knows no path, but is given them, and takes one wherever it serves.
/// </summary>
internal interface IDecoderPath : IDisposable
{
    /// <summary>
    /// Whether it can run the decoder as it is now: its device, the types of products and parameters, adapters, whether gradients are wanted.
    /// </summary>
    bool Serves { get; }

    /// <summary>Runs all blocks and what follows them.</summary>
    /// <returns>What its place in the decoder says: <see cref="Decoder.Training"/>, <see cref="Decoder.Inference"/>.</returns>
    Tensor Run(DecoderPass pass);
}

/// <summary>What a path runs a decoder on. Tensors stay the caller's.</summary>
/// <param name="Embeddings"><c>[batch, seq, hidden]</c>.</param>
/// <param name="Positions"><c>[seq]</c> or <c>[batch, seq]</c>, int64.</param>
/// <param name="Masks">Which keys a query sees.</param>
/// <param name="Wanted">Flat indices (row * seq + column) of the tokens whose output is wanted: <c>[wanted]</c>.</param>
/// <param name="RowLengths">Tokens of each row before padding on its right; null where there is none, or it is not known.</param>
/// <param name="Recomputation">Of a training pass: takes what must live until the gradients.</param>
internal sealed record DecoderPass(
    Tensor Embeddings, Tensor Positions, AttentionMasks Masks, Tensor Wanted, IReadOnlyList<int>? RowLengths = null, Recomputation? Recomputation = null);

/// <summary>Masks of one pass, additive: <c>[batch or 1, 1, seq, seq]</c>; null where all of them are causal and no more.</summary>
/// <param name="Full">For layers without a window.</param>
/// <param name="Window">For layers with one.</param>
internal sealed record AttentionMasks(Tensor? Full, Tensor? Window)
{
    /// <summary>The same in bfloat16.</summary>
    public AttentionMasks ToBFloat16() => new(Full?.to(ScalarType.BFloat16), Window?.to(ScalarType.BFloat16));

    /// <summary>That of a layer.</summary>
    public Tensor? Of(int? window) => window is null ? Full : Window;
}
