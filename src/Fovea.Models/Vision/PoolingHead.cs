using Fovea.Models.Configs;
using Fovea.Models.Decoders;
using Fovea.Models.Parameters;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Vision;

/// <summary>SigLIP's pooling (arXiv 2303.15343; the attention pooling of arXiv 2106.04560): one learned query looks at all tokens, then an MLP.</summary>
internal sealed class PoolingHead
{
    private readonly Tensor _probe; // [1, 1, hidden]
    private readonly Tensor _inWeight; // [3 * hidden, hidden]
    private readonly Tensor _inBias; // [3 * hidden]
    private readonly Linear _output, _up, _down;
    private readonly LayerNorm _norm;
    private readonly VisionConfig _config;

    public PoolingHead(VisionConfig config, ParameterSet parameters, string prefix)
    {
        _config = config;
        _probe = parameters[prefix + "probe"];
        _inWeight = parameters[prefix + "attention.in_proj_weight"];
        _inBias = parameters[prefix + "attention.in_proj_bias"];
        _output = new Linear(parameters, prefix + "attention.out_proj", bias: true);
        _norm = new LayerNorm(parameters, prefix + "layernorm", config.LayerNormEps);
        _up = new Linear(parameters, prefix + "mlp.fc1", bias: true);
        _down = new Linear(parameters, prefix + "mlp.fc2", bias: true);
    }

    /// <summary>The linear maps of its MLP.</summary>
    public IEnumerable<Linear> Linears => [_up, _down];

    /// <summary><c>[images, tokens, hidden]</c> -> <c>[images, hidden]</c>.</summary>
    public Tensor Forward(Tensor x, MatmulPolicy policy)
    {
        using var scope = NewDisposeScope();
        long hidden = _config.HiddenSize;
        Tensor Heads(Tensor from, int part) => Linear
            .Product(from, _inWeight.narrow(0, part * hidden, hidden), _inBias.narrow(0, part * hidden, hidden), policy.Attention)
            .unflatten(2, [_config.NumHeads, -1]).transpose(1, 2); // [images, heads, tokens, head_dim]
        var probe = _probe.to(x.dtype).expand(x.shape[0], 1, hidden); // [images, 1, hidden]
        var mixed = nn.functional.scaled_dot_product_attention(Heads(probe, 0), Heads(x, 1), Heads(x, 2));
        var pooled = _output.Forward(mixed.transpose(1, 2).flatten(2), policy.Attention); // [images, 1, hidden]
        var inner = Activations.Apply(_config.Activation, _up.Forward(_norm.Forward(pooled), policy.Mlp));
        return pooled.Plus(_down.Forward(inner, policy.Mlp)).squeeze(1).MoveToOuterDisposeScope();
    }
}
