using Fovea.Models.Configs;
using Fovea.Models.Decoders;
using Fovea.Models.Kernels;
using static TorchSharp.torch;

namespace Fovea.Models.Inference;

/// <summary>
/// A decoder that only infers, in bfloat16 throughout (as Transformers runs a bfloat16 checkpoint): for scoring, where whole sequences go through once and no cache
/// is kept. Holds copies of the weights, adapters merged; a later change of the model does not reach it.
/// </summary>
internal sealed class PackedDecoder : IDisposable
{
    private readonly DecoderConfig _config;
    private readonly FusedProducts? _products = FusedProducts.TryCreate();
    private readonly PackedBlock[] _blocks;
    private readonly PackedLinear _head;
    private readonly RotaryEmbedding _rotary;

    /// <summary>Packs a decoder's weights.</summary>
    /// <param name="config">Shape.</param>
    /// <param name="blocks">Its blocks' weights.</param>
    /// <param name="finalNorm"><c>[hidden]</c>.</param>
    /// <param name="head"><c>[vocab, hidden]</c>.</param>
    public PackedDecoder(DecoderConfig config, IEnumerable<BlockWeights> blocks, Tensor finalNorm, Tensor head)
    {
        _config = config;
        _blocks = [.. blocks.Select((b, i) => new PackedBlock(config, i, b, _products))];
        _head = new PackedLinear(_products, head, null, finalNorm);
        _rotary = new RotaryEmbedding(config.Rope, config.HeadDim, interleaved: false, head.device);
    }

    /// <summary>Logits at the wanted positions: <c>[wanted, vocab]</c>, bfloat16.</summary>
    /// <param name="embeddings"><c>[batch, seq, hidden]</c>.</param>
    /// <param name="positions"><c>[seq]</c> or <c>[batch, seq]</c>.</param>
    /// <param name="mask">Additive, for layers without a window; null for causal.</param>
    /// <param name="windowMask">The same for layers with one.</param>
    /// <param name="logitPositions">Flat indices: <c>[wanted]</c>.</param>
    public Tensor Logits(Tensor embeddings, Tensor positions, Tensor? mask, Tensor? windowMask, Tensor logitPositions)
    {
        using var scope = NewDisposeScope();
        var rotation = _rotary.At(positions);
        var context = new PackedContext(new HeadRotation(rotation.Factor, rotation.SignedSin!), Short(mask), Short(windowMask));
        var x = embeddings.to(ScalarType.BFloat16);
        for (var i = 0; i < _blocks.Length; i++)
        {
            x = _blocks[i].Forward(x, context, i == _blocks.Length - 1 ? logitPositions : null); // nothing reads the last block's other tokens
        }

        return _head.Forward(NormKernel.Forward(x, null, _config.RmsNormEps).Output).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        foreach (var block in _blocks)
        {
            block.Dispose();
        }

        _head.Dispose();
        _rotary.Dispose();
        _products?.Dispose();
    }

    private static Tensor? Short(Tensor? x) => x?.to(ScalarType.BFloat16);
}
