using Fovea.Models.Configs;
using Fovea.Models.Decoders;
using Fovea.Models.Kernels;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Inference;

/// <summary>
/// Passes of a decoder that only infer, in bfloat16 throughout (as Transformers runs a bfloat16 checkpoint): for scoring, where whole sequences go through
/// once and no cache is kept. Holds copies of the weights, adapters merged; a later change of the decoder does not reach it. On the CPU products are oneDNN's
/// where it has them, and what lies between them is computed by kernels; elsewhere both are plain operators.
/// </summary>
internal sealed class PackedDecoder : IDecoderPath
{
    private readonly DecoderConfig _config;
    private readonly FusedProducts? _products;
    private readonly PackedBlock[] _blocks;
    private readonly PackedLinear _head;
    private readonly RotaryEmbedding _rotary;

    /// <summary>Packs a decoder's weights.</summary>
    public PackedDecoder(Decoder decoder)
    {
        _config = decoder.Config;
        _products = FusedProducts.TryCreate(decoder.Device);
        _blocks = [.. decoder.Blocks.Select((b, i) => new PackedBlock(_config, i, b, _products))];
        _head = new PackedLinear(_products, decoder.HeadWeight, null, decoder.NormWeight);
        _rotary = new RotaryEmbedding(_config.Rope, _config.HeadDim, interleaved: false, decoder.Device);
    }

    public bool Serves => !is_grad_enabled();

    /// <summary>Logits at the wanted positions, none of which may be padding: <c>[wanted, vocab]</c>, bfloat16. Padding is not computed.</summary>
    public Tensor Run(DecoderPass pass)
    {
        using var scope = NewDisposeScope();
        var (batch, seq) = (pass.Embeddings.shape[0], pass.Embeddings.shape[1]);
        var lengths = Enumerable.Range(0, (int)batch).Select(row => pass.RowLengths is { } known ? Math.Min(seq, known[row]) : seq).ToArray();
        var places = (pass.Positions.dim() == 1 ? pass.Positions.expand(batch, seq) : pass.Positions).flatten(); // [tokens]
        var x = pass.Embeddings.flatten(0, 1); // [tokens, hidden]
        var wanted = pass.Wanted;
        if (lengths.Sum() < batch * seq)
        {
            // Of those kept, the place in the batch.
            var tokens = tensor(lengths.SelectMany((length, row) => Enumerable.Range(0, (int)length).Select(i => (row * seq) + i)).ToArray(), device: x.device);
            (x, places) = (x.index_select(0, tokens), places.index_select(0, tokens));
            var numbers = TensorNumbers.Full([batch * seq], -1, ScalarType.Int64, x.device)
                .index_copy_(0, tokens, TensorNumbers.Range(0, tokens.shape[0], device: x.device));
            wanted = numbers.index_select(0, wanted); // padding, -1, is an error where it is looked up
        }

        var rotation = _rotary.At(places);
        var context = new PackedContext(new RotaryFactors(rotation.Factor, rotation.SignedSin!), RowGroup.Of(lengths), pass.Masks.ToBFloat16());
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
}
