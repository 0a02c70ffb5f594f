using Fovea.Models.Configs;
using Fovea.Models.Kernels;
using static TorchSharp.torch;

namespace Fovea.Models.Inference;

/// <summary>What all blocks of one pass share.</summary>
/// <param name="Rotation">Of the positions.</param>
/// <param name="Mask">Additive, bfloat16, for layers without a window; null for causal.</param>
/// <param name="WindowMask">The same for layers with one.</param>
internal sealed record PackedContext(HeadRotation Rotation, Tensor? Mask, Tensor? WindowMask);

/// <summary>A decoder block that only infers, in bfloat16: one product for query, key and value, norms' weights multiplied into the products behind them.</summary>
internal sealed class PackedBlock : IDisposable
{
    private readonly DecoderConfig _config;
    private readonly int _layer;
    private readonly PackedLinear _queryKeyValue, _output, _gate, _up, _down;

    public PackedBlock(DecoderConfig config, int layer, BlockWeights weights, FusedProducts? products)
    {
        _config = config;
        _layer = layer;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var bias = weights.QueryKeyValue[0].Bias is null ? null : cat([.. weights.QueryKeyValue.Select(m => m.Bias!)], 0);
        _queryKeyValue = new PackedLinear(products, cat([.. weights.QueryKeyValue.Select(m => m.Whole())], 0), bias, weights.AttentionNorm);
        _output = new PackedLinear(products, weights.Output.Whole(), weights.Output.Bias);
        _gate = new PackedLinear(products, weights.Gate.Whole(), weights.Gate.Bias, weights.MlpNorm);
        _up = new PackedLinear(products, weights.Up.Whole(), weights.Up.Bias, weights.MlpNorm);
        _down = new PackedLinear(products, weights.Down.Whole(), weights.Down.Bias);
    }

    /// <summary><c>[batch, seq, hidden]</c>, bfloat16 -> the same, or <c>[wanted, hidden]</c>.</summary>
    /// <param name="x">The residual stream.</param>
    /// <param name="context">What all blocks share.</param>
    /// <param name="wanted">Flat indices of the tokens whose output is wanted: <c>[wanted]</c>; null for all.</param>
    public Tensor Forward(Tensor x, PackedContext context, Tensor? wanted = null)
    {
        using var scope = NewDisposeScope();
        var mixed = Attend(NormKernel.Forward(x, null, _config.RmsNormEps).Output, context); // the norm's weight is in the product that follows
        if (wanted is not null)
        {
            x = x.flatten(0, 1).index_select(0, wanted);
            mixed = mixed.flatten(0, 1).index_select(0, wanted);
        }

        var attended = _output.Plus(mixed, x);
        var (unit, _) = NormKernel.Forward(attended, null, _config.RmsNormEps);
        return _down.Plus(_up.Times(unit, _gate.Silu(unit)), attended).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        _queryKeyValue.Dispose();
        _output.Dispose();
        _gate.Dispose();
        _up.Dispose();
        _down.Dispose();
    }

    private Tensor Attend(Tensor x, PackedContext context)
    {
        var shape = new HeadShape(_config.NumHeads, _config.NumKeyValueHeads, _config.HeadDim);
        var (query, key, value) = HeadKernel.Split(_queryKeyValue.Forward(x), context.Rotation, shape, shape.Scale);
        var mask = _config.WindowOf(_layer) is null ? context.Mask : context.WindowMask;
        return new Attention(IsCausal: true, mask, _config.NumHeads).Mix(query, key, value);
    }
}
