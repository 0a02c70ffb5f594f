using Fovea.Models.Configs;
using Fovea.Models.Decoders;
using Fovea.Models.Kernels;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Inference;

/// <summary>
/// A decoder that only infers, in bfloat16 throughout (as Transformers runs a bfloat16 checkpoint): for scoring, where whole sequences go through once and no cache
/// is kept. Holds copies of the weights, adapters merged; a later change of the model does not reach it.
/// </summary>
internal sealed class PackedDecoder : IDisposable
{
    private readonly DecoderConfig _config;
    private readonly FusedProducts? _products;
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
        _products = FusedProducts.TryCreate(head.device);
        _blocks = [.. blocks.Select((b, i) => new PackedBlock(config, i, b, _products))];
        _head = new PackedLinear(_products, head, null, finalNorm);
        _rotary = new RotaryEmbedding(config.Rope, config.HeadDim, interleaved: false, head.device);
    }

    /// <summary>Logits at the wanted positions: <c>[wanted, vocab]</c>, bfloat16. Padding is not computed.</summary>
    /// <param name="embeddings"><c>[batch, seq, hidden]</c>.</param>
    /// <param name="positions"><c>[seq]</c> or <c>[batch, seq]</c>.</param>
    /// <param name="rowLengths">Tokens of each row, before the padding on its right; null where there is none, or where it is not known.</param>
    /// <param name="mask">Additive, for layers without a window: <c>[batch or 1, 1, seq, seq]</c>; null for causal.</param>
    /// <param name="windowMask">The same for layers with one.</param>
    /// <param name="logitPositions">Flat indices (row * seq + column) of tokens that are not padding: <c>[wanted]</c>.</param>
    public Tensor Logits(Tensor embeddings, Tensor positions, IReadOnlyList<int>? rowLengths, Tensor? mask, Tensor? windowMask, Tensor logitPositions)
    {
        using var scope = NewDisposeScope();
        var (batch, seq) = (embeddings.shape[0], embeddings.shape[1]);
        var lengths = Enumerable.Range(0, (int)batch).Select(row => rowLengths is null ? seq : Math.Min(seq, rowLengths[row])).ToArray();
        var places = (positions.dim() == 1 ? positions.expand(batch, seq) : positions).flatten(); // [tokens]
        var x = embeddings.flatten(0, 1); // [tokens, hidden]
        var wanted = logitPositions;
        if (lengths.Sum() < batch * seq)
        {
            var tokens = tensor(lengths.SelectMany((length, row) => Enumerable.Range(0, (int)length).Select(i => (row * seq) + i)).ToArray(), device: x.device); // of those kept, the place in the batch
            (x, places) = (x.index_select(0, tokens), places.index_select(0, tokens));
            var numbers = TensorNumbers.Full([batch * seq], -1, ScalarType.Int64, x.device).index_copy_(0, tokens, TensorNumbers.Range(0, tokens.shape[0], device: x.device));
            wanted = numbers.index_select(0, wanted); // padding, -1, is an error where it is looked up
        }

        var rotation = _rotary.At(places);
        var context = new PackedContext(new HeadRotation(rotation.Factor, rotation.SignedSin!), RowGroup.Of(lengths), Short(mask), Short(windowMask));
        x = x.to(ScalarType.BFloat16);
        Tensor? branch = null;
        for (var i = 0; i < _blocks.Length; i++)
        {
            using var before = x;
            using var last = branch;
            (x, branch) = _blocks[i].Forward(x, branch, context, i == _blocks.Length - 1 ? wanted : null); // nothing reads the last block's other tokens
        }

        return _head.Forward(NormKernel.ForwardSum(x, branch!, null, _config.RmsNormEps).Output).MoveToOuterDisposeScope();
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
