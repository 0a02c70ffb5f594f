using Fovea.Models.Configs;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Verification.Benches;

/// <summary>
/// A llama decoder written the plain way, one operator a step, as a user's own code or Transformers' eager model has it: what Fovea is measured against.
/// </summary>
/// <param name="config">Shape.</param>
/// <param name="weights">By name, in the type it computes in.</param>
/// <param name="prefix">Before each name but the head's.</param>
internal sealed class PlainDecoder(DecoderConfig config, IReadOnlyDictionary<string, Tensor> weights, string prefix)
{
    /// <summary>Looks ids up: <c>[batch, seq]</c> -> <c>[batch, seq, hidden]</c>.</summary>
    public Tensor Embed(Tensor ids) => weights[prefix + "embed_tokens.weight"].index_select(0, ids.flatten()).view(ids.shape[0], ids.shape[1], -1);

    /// <summary>Logits of every position: <c>[batch, seq, hidden]</c> -> <c>[batch, seq, vocab]</c>; with a cache, of the last one alone.</summary>
    public Tensor Forward(Tensor x, PlainCache? cache = null)
    {
        using var scope = NewDisposeScope();
        var (cos, sin) = Rotations(cache?.Length ?? 0, x.shape[1], x.dtype);
        for (var i = 0; i < config.NumLayers; i++)
        {
            using var inner = NewDisposeScope();
            var p = $"{prefix}layers.{i}.";
            x = x.Plus(Attend(Norm(x, p + "input_layernorm"), p + "self_attn.", cos, sin, cache, i));
            var y = Norm(x, p + "post_attention_layernorm");
            x = x.Plus(Map(nn.functional.silu(Map(y, p + "mlp.gate_proj")) * Map(y, p + "mlp.up_proj"), p + "mlp.down_proj")).MoveToOuterDisposeScope();
        }

        if (cache is not null)
        {
            cache.Length += x.shape[1];
            x = x.narrow(1, x.shape[1] - 1, 1);
        }

        return nn.functional.linear(Norm(x, prefix + "norm"), weights["lm_head.weight"]).MoveToOuterDisposeScope();
    }

    private Tensor Map(Tensor x, string name) => nn.functional.linear(x, weights[name + ".weight"]);

    private Tensor Norm(Tensor x, string name)
    {
        var whole = x.to(ScalarType.Float32);
        return weights[name + ".weight"] * (whole * whole.Squared().mean([-1], keepdim: true).Plus(config.RmsNormEps).rsqrt()).to(x.dtype);
    }

    private Tensor Attend(Tensor x, string p, Tensor cos, Tensor sin, PlainCache? cache, int layer)
    {
        Tensor Heads(string name) => Map(x, p + name).unflatten(2, [config.NumHeads, config.HeadDim]).transpose(1, 2); // [batch, heads, seq, head_dim]
        var (query, key, value) = (Heads("q_proj"), Heads("k_proj"), Heads("v_proj"));
        key = Turn(key, cos, sin);
        var isCausal = cache is null || cache.Length == 0; // one new token sees all before it
        (key, value) = cache is null ? (key, value) : cache.Add(layer, key, value);
        var mixed = nn.functional.scaled_dot_product_attention(Turn(query, cos, sin), key, value, is_casual: isCausal);
        return Map(mixed.transpose(1, 2).flatten(2), p + "o_proj");
    }

    private Tensor Turn(Tensor x, Tensor cos, Tensor sin)
    {
        var half = config.HeadDim / 2;
        return (x * cos).Plus(cat([-x.narrow(3, half, half), x.narrow(3, 0, half)], -1) * sin);
    }

    private (Tensor Cos, Tensor Sin) Rotations(long start, long seq, ScalarType type)
    {
        var frequencies = pow(tensor((float)config.Rope.Theta),
            TensorNumbers.Range(0, config.HeadDim, 2, ScalarType.Float32).Over(config.HeadDim)).reciprocal();
        var angles = TensorNumbers.Range(start, start + seq, 1, ScalarType.Float32).unsqueeze(1) * frequencies; // [seq, head_dim / 2]
        var both = cat([angles, angles], -1);
        return (both.cos().to(type), both.sin().to(type));
    }
}
