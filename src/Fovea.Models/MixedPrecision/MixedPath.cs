using Fovea.Models.Decoders;
using Fovea.Models.Kernels;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.MixedPrecision;

/// <summary>
/// Training passes in bfloat16 over float32 masters, with gradients written out (<see cref="MixedBlock"/>). On the CPU only, whose kernels are what makes it
/// fast; of the blocks that are of its form; and where products of attention and MLP are in bfloat16.
/// </summary>
internal sealed class MixedPath(Decoder decoder) : IDecoderPath
{
    private readonly RotaryEmbedding _rotary = new(decoder.Config.Rope, decoder.Config.HeadDim, interleaved: false, decoder.Device);

    /// <summary>How attention is cut into pieces.</summary>
    public AttentionPieces Pieces { get; set; } = AttentionPieces.Default;

    public bool Serves => decoder.Device.IsCpu() && decoder.Policy is { Attention: DType.BF16, Mlp: DType.BF16 }
        && decoder.Blocks.All(b => MixedBlock.Supports(decoder.Config, b));

    public Tensor Run(DecoderPass pass)
    {
        var recomputation = pass.Recomputation ?? throw new ArgumentException("nothing to keep activations in", nameof(pass));
        Tensor? Kept(Tensor? x) => x is null ? null : recomputation.Keep(x);
        var (rotation, masks) = (_rotary.At(pass.Positions), pass.Masks.ToBFloat16());
        var shared = new MixedContext(
            new RotaryFactors(recomputation.Keep(rotation.Factor), recomputation.Keep(rotation.SignedSin!)), new AttentionMasks(Kept(masks.Full),
                Kept(masks.Window)), Pieces);
        var blocks = decoder.Blocks.Select((b, i) => new MixedBlock(decoder.Config, i, b, shared, keeps: !recomputation.Recomputes)).ToArray();
        Array.ForEach(blocks, recomputation.Own);
        var type = pass.Embeddings.dtype;
        var x = recomputation.Run(
            pass.Embeddings,
            input => blocks.Aggregate(input.to(ScalarType.BFloat16), (y, block) => block.Forward(y)),
            (gradient, wantsInput) => Backward(blocks, gradient, wantsInput)?.to(type));
        return decoder.NormAt(x, pass.Wanted);
    }

    public void Dispose() => _rotary.Dispose();

    private static Tensor? Backward(MixedBlock[] blocks, Tensor gradient, bool wantsInput)
    {
        using var noGrad = no_grad();
        for (var i = blocks.Length - 1; i >= 0; i--)
        {
            using var scope = NewDisposeScope();
            if (blocks[i].Backward(gradient, wantsInput || blocks.Take(i).Any(b => b.IsTrained)) is not { } next)
            {
                return null; // Nothing is trained before it.
            }

            gradient.Dispose();
            gradient = next.MoveToOuterDisposeScope();
        }

        return gradient;
    }
}
