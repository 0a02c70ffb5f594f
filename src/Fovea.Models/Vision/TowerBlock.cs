using Fovea.Models.Configs;
using Fovea.Models.Decoders;
using Fovea.Models.Parameters;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Vision;

/// <summary>Norm with mean over the last dimension.</summary>
internal sealed class LayerNorm(ParameterSet parameters, string name, double eps)
{
    private readonly Tensor _weight = parameters[name + ".weight"];
    private readonly Tensor _bias = parameters[name + ".bias"];
    private readonly long[] _shape = parameters[name + ".weight"].shape;

    public Tensor Weight => _weight;

    public Tensor Bias => _bias;

    public double Eps => eps;

    /// <summary><c>[..., hidden]</c> -> the same, in the type of x.</summary>
    public Tensor Forward(Tensor x) => _weight.dtype == x.dtype
        ? nn.functional.layer_norm(x, _shape, _weight, _bias, eps)
        : nn.functional.layer_norm(x, _shape, _weight.to(x.dtype), _bias.to(x.dtype), eps);
}

/// <summary>One pre-norm block of a tower: attention without a mask, two-layer MLP.</summary>
internal sealed class TowerBlock
{
    private readonly LayerNorm _attentionNorm, _mlpNorm;
    private readonly Linear[] _queryKeyValue;
    private readonly Linear _output, _up, _down;
    private readonly string _activation;
    private readonly long _heads;
    private readonly Tensor[] _parameters;

    public TowerBlock(VisionConfig config, ParameterSet parameters, string prefix)
    {
        Linear Map(string name) => new(parameters, prefix + name, bias: true);
        _heads = config.NumHeads;
        _activation = config.Activation;
        _attentionNorm = new LayerNorm(parameters, prefix + "layer_norm1", config.LayerNormEps);
        _mlpNorm = new LayerNorm(parameters, prefix + "layer_norm2", config.LayerNormEps);
        _queryKeyValue = [Map("self_attn.q_proj"), Map("self_attn.k_proj"), Map("self_attn.v_proj")];
        _output = Map("self_attn.out_proj");
        _up = Map("mlp.fc1");
        _down = Map("mlp.fc2");
        _parameters = [.. parameters.All.Where(t => t.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(t => t.Value)];
    }

    /// <summary>The block's linear maps.</summary>
    public IEnumerable<Linear> Linears => [.. _queryKeyValue, _output, _up, _down];

    /// <summary>What the block is made of.</summary>
    public TowerBlockWeights Weights => new(_attentionNorm, _queryKeyValue, _output, _mlpNorm, _up, _down);

    /// <summary>Whether a parameter of this block, or of an adapter on it, requires a gradient.</summary>
    public bool IsTrained => _parameters.Any(p => p.requires_grad) || Linears.Any(m => m.Adapter is { IsTrained: true });

    /// <summary><c>[images, tokens, hidden]</c> -> the same.</summary>
    public Tensor Forward(Tensor x, MatmulPolicy policy)
    {
        using var scope = NewDisposeScope();
        var normed = _attentionNorm.Forward(x);
        var heads = Array.ConvertAll(_queryKeyValue, map =>
            map.Forward(normed, policy.Attention).unflatten(2, [_heads, -1]).transpose(1, 2)); // [images, heads, tokens, head_dim]
        var mixed = nn.functional.scaled_dot_product_attention(heads[0], heads[1], heads[2]);
        var attended = x.Plus(_output.Forward(mixed.transpose(1, 2).flatten(2), policy.Attention));
        var inner = Activations.Apply(_activation, _up.Forward(_mlpNorm.Forward(attended), policy.Mlp)); // [images, tokens, intermediate]
        return attended.Plus(_down.Forward(inner, policy.Mlp)).MoveToOuterDisposeScope();
    }
}
