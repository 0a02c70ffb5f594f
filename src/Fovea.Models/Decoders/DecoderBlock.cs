using Fovea.Models.Configs;
using Fovea.Models.Parameters;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Decoders;

/// <summary>What all blocks of one forward pass share.</summary>
internal sealed record BlockContext(Rotation Rotation, AttentionMasks Masks, KeyValueCache? Cache, IAttentionHook? Hook, MatmulPolicy Policy)
{
    /// <summary>The hook, where it reads this layer.</summary>
    public IAttentionHook? HookOf(int layer) => Hook is { } hook && hook.Reads(layer) ? hook : null;

    /// <summary>Lets its tensors live as long as <paramref name="recomputation"/>, which runs blocks again.</summary>
    public void KeepIn(Recomputation recomputation)
    {
        foreach (var tensor in new[] { Rotation.Factor, Rotation.SignedSin, Masks.Full, Masks.Window }.OfType<Tensor>())
        {
            recomputation.Keep(tensor);
        }
    }
}

/// <summary>One pre-norm block: attention and gated MLP, each added to the residual stream.</summary>
internal sealed class DecoderBlock
{
    private static readonly string[] QueryKeyValueNames = ["q_proj", "k_proj", "v_proj"];
    private readonly DecoderConfig _config;
    private readonly int _layer;
    private readonly RotaryEmbedding _rotary;
    private readonly RmsNorm _attentionNorm, _mlpNorm;
    private readonly Linear[] _queryKeyValue;
    private readonly Linear[] _gateUp;
    private readonly Linear _output, _down;
    private readonly bool _joint;
    private readonly Tensor[] _parameters;

    public DecoderBlock(DecoderConfig config, ParameterSet parameters, string prefix, int layer, RotaryEmbedding rotary)
    {
        _config = config;
        _layer = layer;
        _rotary = rotary;
        var p = $"{prefix}layers.{layer}.";
        Linear Map(string name, bool bias) => new(parameters, p + name, bias);
        _queryKeyValue = Array.ConvertAll(QueryKeyValueNames, n => Map($"self_attn.{n}", config.QueryKeyValueBias));
        _output = Map("self_attn.o_proj", config.OutputBias);
        _gateUp = [Map("mlp.gate_proj", config.MlpBias), Map("mlp.up_proj", config.MlpBias)];
        _down = Map("mlp.down_proj", config.MlpBias);
        _attentionNorm = new RmsNorm(parameters[p + "input_layernorm.weight"], config.RmsNormEps);
        _mlpNorm = new RmsNorm(parameters[p + "post_attention_layernorm.weight"], config.RmsNormEps);
        _joint = JoinsProjections(config);
        _parameters = [.. parameters.All.Where(t => t.Key.StartsWith(p, StringComparison.Ordinal)).Select(t => t.Value)];
    }

    /// <summary>
    /// Whether query, key and value are projected by one product: while weights are small, joining them costs less than two more products,
    /// and lets the rotary pairs be interleaved at no cost (measured at hidden 64: 5 % of a training step).
    /// </summary>
    public static bool JoinsProjections(DecoderConfig config) =>
        (long)config.HiddenSize * (config.NumHeads + (2 * config.NumKeyValueHeads)) * config.HeadDim <= 1 << 18;

    /// <summary>The block's linear maps.</summary>
    public IEnumerable<Linear> Linears => [.. _queryKeyValue, _output, .. _gateUp, _down];

    /// <summary>What the block is made of.</summary>
    public BlockWeights Weights => new(_attentionNorm.Weight, _queryKeyValue, _output, _mlpNorm.Weight, _gateUp[0], _gateUp[1], _down);

    /// <summary>Whether a parameter of this block, or of an adapter on it, requires a gradient.</summary>
    public bool IsTrained => _parameters.Any(p => p.requires_grad) || Linears.Any(m => m.Adapter is { IsTrained: true });

    /// <summary><c>[batch, seq, hidden]</c> -> the same, or <c>[wanted, hidden]</c>.</summary>
    /// <param name="x">The residual stream.</param>
    /// <param name="context">What all blocks share.</param>
    /// <param name="wanted">Flat indices (row * seq + column) of the tokens whose output is wanted: <c>[wanted]</c>; null for all.</param>
    public Tensor Forward(Tensor x, BlockContext context, Tensor? wanted = null)
    {
        using var scope = NewDisposeScope();
        context.HookOf(_layer)?.OnInput(_layer, x);
        var mixed = Attend(_attentionNorm.Forward(x), context);
        if (wanted is not null)
        {
            (x, mixed) = (x.flatten(0, 1).index_select(0, wanted), mixed.flatten(0, 1).index_select(0, wanted));
        }

        var attended = x.Plus(_output.Forward(mixed, context.Policy.Attention));
        return attended.Plus(Mlp(_mlpNorm.Forward(attended), context.Policy.Mlp)).MoveToOuterDisposeScope();
    }

    private Tensor Mlp(Tensor x, DType type)
    {
        if (type == DType.BF16 && _gateUp[0].Adapter is null && _gateUp[1].Adapter is null && _down.Adapter is null)
        {
            // Cast once on the way in and once on the way out, as PyTorch's autocast does: the products' results are bfloat16 anyway.
            var low = x.to(ScalarType.BFloat16);
            return _down.Forward(nn.functional.silu(_gateUp[0].Forward(low, type)) * _gateUp[1].Forward(low, type), type).to(x.dtype);
        }

        var gate = nn.functional.silu(_gateUp[0].Forward(x, type)); // [batch, seq, intermediate]
        return _down.Forward(gate * _gateUp[1].Forward(x, type), type);
    }

    // What the heads gather, before the output's product: [batch, seq, heads * head_dim].
    private Tensor Attend(Tensor x, BlockContext context)
    {
        var (query, key, value) = Project(x, context);
        if (context.Cache is { } cache)
        {
            (key, value) = cache.Append(_layer, key, value);
        }

        var mask = context.Masks.Of(_config.WindowOf(_layer));
        var hook = context.HookOf(_layer);
        if (hook is null && query.shape[1] == 1)
        {
            return AttendOnce(query, key, value, mask);
        }

        query = query.transpose(1, 2); // [batch, heads, query, head_dim]
        key = Expand(key).transpose(1, 2); // [batch, heads, key, head_dim]
        value = Expand(value).transpose(1, 2); // [batch, heads, key, head_dim]
        var mixed = hook is not null
            ? Explicit(query, key, value, mask, hook)
            : nn.functional.scaled_dot_product_attention(query, key, value, mask!, is_casual: mask is null && query.shape[2] > 1);
        return mixed.transpose(1, 2).flatten(2);
    }

    /// <summary>
    /// One token per row: the query heads that share a key head are taken as its queries, so that the cache is read in place and not repeated:
    /// <c>[batch, 1, heads * head_dim]</c>.
    /// </summary>
    private Tensor AttendOnce(Tensor query, Tensor key, Tensor value, Tensor? mask)
    {
        var group = _config.NumHeads / _config.NumKeyValueHeads;
        var shared = query.reshape(query.shape[0], _config.NumKeyValueHeads, group, _config.HeadDim); // [batch, kv_heads, group, head_dim]
        return nn.functional.scaled_dot_product_attention(shared, key.transpose(1, 2), value.transpose(1, 2), mask!).reshape(query.shape[0], 1, -1);
    }

    /// <summary>Queries, keys and values with positions: <c>[batch, seq, heads or kv_heads, head_dim]</c>.</summary>
    private (Tensor Query, Tensor Key, Tensor Value) Project(Tensor x, BlockContext context)
    {
        long heads = _config.NumHeads, kv = _config.NumKeyValueHeads, dim = _config.HeadDim;
        var type = context.Policy.Attention;
        if (_joint)
        {
            var bias = _queryKeyValue[0].Bias is null ? null : Join(Array.ConvertAll(_queryKeyValue, m => m.Bias!)).flatten(); // [rows]
            var all = Linear.Product(x, Join(Array.ConvertAll(_queryKeyValue, m => m.Weight)).flatten(0, 2), bias, type); // [batch, seq, rows]
            all = _queryKeyValue.Any(m => m.Adapter is not null) ? all.Plus(Updates(x, type)) : all;
            var parts = all.unflatten(2, [heads + (2 * kv), dim]).split([heads + kv, kv], 2);
            var turned = _rotary.Apply(parts[0], context.Rotation).split([heads, kv], 2);
            return (turned[0], turned[1], parts[1]);
        }

        var low = type == DType.BF16 && _queryKeyValue.All(m => m.Adapter is null) ? x.to(ScalarType.BFloat16) : x; // cast once
        var query = _queryKeyValue[0].Forward(low, type).to(x.dtype).unflatten(2, [heads, dim]);
        var key = _queryKeyValue[1].Forward(low, type).to(x.dtype).unflatten(2, [kv, dim]);
        var value = _queryKeyValue[2].Forward(low, type).to(x.dtype).unflatten(2, [kv, dim]);
        return (_rotary.Apply(query, context.Rotation), _rotary.Apply(key, context.Rotation), value);
    }

    /// <summary>Rows of query, key and value under each other, rotary pairs side by side: <c>[all heads, head_dim / 2, 2, ...]</c>.</summary>
    private Tensor Join(Tensor[] rows) => cat([InRotaryOrder(0, rows[0]), InRotaryOrder(1, rows[1]), InRotaryOrder(2, rows[2])], 0);

    private Tensor InRotaryOrder(int map, Tensor rows) => map < 2 ? _rotary.Interleave(rows) : _rotary.Pair(rows);

    /// <summary>What adapters add to the joint product: <c>[batch, seq, rows]</c>.</summary>
    private Tensor Updates(Tensor x, DType type) => cat([.. _queryKeyValue.Select((map, i) => map.Adapter is { } update
        ? update.Forward(x, InRotaryOrder(i, update.Up).flatten(0, 2), type)
        : zeros([x.shape[0], x.shape[1], map.Weight.shape[0]], x.dtype, x.device))], 2);

    /// <summary>Repeats each key or value head for the query heads that share it.</summary>
    private Tensor Expand(Tensor x)
    {
        var group = _config.NumHeads / _config.NumKeyValueHeads;
        return group == 1 ? x : x.repeat_interleave(group, 2);
    }

    private Tensor Explicit(Tensor query, Tensor key, Tensor value, Tensor? mask, IAttentionHook hook)
    {
        var scores = query.Times(1 / Math.Sqrt(_config.HeadDim)).matmul(key.transpose(2, 3)); // [batch, heads, query, key]
        mask ??= query.shape[2] > 1 ? AttentionMask.Additive(null, query.shape[2], key.shape[2], null, query.device) : null;
        if (mask is not null)
        {
            scores = scores.Plus(mask);
        }

        return hook.OnWeights(_layer, hook.OnScores(_layer, scores).softmax(-1)).matmul(value); // [batch, heads, query, head_dim]
    }
}
