using Fovea.Models.Configs;
using Fovea.Models.Decoders;
using static TorchSharp.torch;

namespace Fovea.Models.Inference;

/// <summary>What all blocks of one pass share.</summary>
/// <param name="Rotary">Applies the rotations.</param>
/// <param name="Rotation">Of the positions, bfloat16.</param>
/// <param name="Mask">Additive, bfloat16, for layers without a window; null for causal.</param>
/// <param name="WindowMask">The same for layers with one.</param>
internal sealed record PackedContext(RotaryEmbedding Rotary, Rotation Rotation, Tensor? Mask, Tensor? WindowMask);

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

    /// <summary><c>[batch, seq, hidden]</c>, bfloat16 -> the same.</summary>
    public Tensor Forward(Tensor x, PackedContext context)
    {
        using var scope = NewDisposeScope();
        var attended = _output.Plus(Attend(Unit(x), context), x);
        var unit = Unit(attended);
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

    /// <summary>x / sqrt(mean(x^2) + eps), the norm's weight being in the product that follows (arXiv 1910.07467). Sums in float32.</summary>
    private Tensor Unit(Tensor x)
    {
        var norm = linalg.vector_norm(x.to(ScalarType.Float32), 2, dims: [-1], keepdim: true); // [..., 1]
        return x * norm.pow_(2).mul_(1f / _config.HiddenSize).add_((float)_config.RmsNormEps).rsqrt_().to(ScalarType.BFloat16);
    }

    private Tensor Attend(Tensor x, PackedContext context)
    {
        long heads = _config.NumHeads, kv = _config.NumKeyValueHeads, dim = _config.HeadDim;
        var all = _queryKeyValue.Forward(x).unflatten(2, [heads + (2 * kv), dim]); // [batch, seq, all heads, head_dim]
        var parts = all.split([heads + kv, kv], 2);
        var turned = context.Rotary.Apply(parts[0], context.Rotation).split([heads, kv], 2);
        var group = heads / kv;
        var (key, value) = group == 1 ? (turned[1], parts[1]) : (turned[1].repeat_interleave(group, 2), parts[1].repeat_interleave(group, 2));
        var mask = _config.WindowOf(_layer) is null ? context.Mask : context.WindowMask;
        var mixed = nn.functional.scaled_dot_product_attention(
            turned[0].transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2), mask!, is_casual: mask is null && x.shape[1] > 1); // [batch, heads, seq, head_dim]
        return mixed.transpose(1, 2).flatten(2);
    }
}
