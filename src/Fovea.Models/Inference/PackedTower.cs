using Fovea.Models.Configs;
using Fovea.Models.Kernels;
using Fovea.Models.Vision;
using static TorchSharp.torch;

namespace Fovea.Models.Inference;

/// <summary>
/// A tower's blocks that only infer, in bfloat16, from copies of their weights: one product for query, key and value, sums and activations done within
/// products where oneDNN has them.
/// </summary>
internal sealed class PackedTower : ITowerPath
{
    private readonly FusedProducts? _products;
    private readonly Block[] _blocks;

    public PackedTower(VisionTower tower)
    {
        _products = FusedProducts.TryCreate(tower.Blocks[0].Output.Weight.device);
        _blocks = [.. tower.Blocks.Select(b => new Block(tower.Config, b, _products))];
    }

    /// <summary>Runs the first <paramref name="depth"/> blocks: <c>[images, tokens, hidden]</c> -> the same, in the type of <paramref name="x"/>.</summary>
    public Tensor Forward(Tensor x, int depth)
    {
        using var scope = NewDisposeScope();
        var y = x.alias().to(ScalarType.BFloat16); // a handle of its own, which the loop disposes
        for (var i = 0; i < depth; i++)
        {
            using var before = y;
            y = _blocks[i].Forward(y);
        }

        return y.to(x.dtype).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        foreach (var block in _blocks)
        {
            block.Dispose();
        }

        _products?.Dispose();
    }

    private sealed class Block : IDisposable
    {
        private readonly VisionConfig _config;
        private readonly ShortNorm _attentionNorm, _mlpNorm;
        private readonly PackedLinear _queryKeyValue, _output, _up, _down;

        public Block(VisionConfig config, TowerBlockWeights weights, FusedProducts? products)
        {
            _config = config;
            using var noGrad = no_grad();
            using var scope = NewDisposeScope();
            _attentionNorm = new ShortNorm(weights.AttentionNorm);
            _mlpNorm = new ShortNorm(weights.MlpNorm);
            _queryKeyValue = new PackedLinear(
                products, cat([.. weights.QueryKeyValue.Select(m => m.Whole())], 0), cat([.. weights.QueryKeyValue.Select(m => m.Bias!)], 0));
            _output = new PackedLinear(products, weights.Output.Whole(), weights.Output.Bias);
            _up = new PackedLinear(products, weights.Up.Whole(), weights.Up.Bias);
            _down = new PackedLinear(products, weights.Down.Whole(), weights.Down.Bias);
        }

        public Tensor Forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            var shape = new HeadShape(_config.NumHeads, _config.NumHeads, _config.HiddenSize / _config.NumHeads);
            var (query, key, value) = HeadKernel.Split(_queryKeyValue.Forward(_attentionNorm.Forward(x)), null, shape, 1);
            Tensor Heads(Tensor y) => y.unflatten(0, [-1, _config.NumHeads]); // [images, heads, tokens, dim]
            var mixed = nn.functional.scaled_dot_product_attention(Heads(query), Heads(key), Heads(value)).transpose(1, 2).flatten(2);
            var attended = _output.Plus(mixed, x);
            return _down.Plus(Activate(_mlpNorm.Forward(attended)), attended).MoveToOuterDisposeScope();
        }

        /// <summary>What the last product reads: <c>[images, tokens, intermediate]</c>.</summary>
        private Tensor Activate(Tensor x) => _config.Activation switch
        {
            "gelu" => _up.Gelu(x),
            "quick_gelu" => GateKernel.QuickGelu(_up.Forward(x)),
            _ => Activations.Apply(_config.Activation, _up.Forward(x)),
        };

        public void Dispose()
        {
            _attentionNorm.Dispose();
            _mlpNorm.Dispose();
            _queryKeyValue.Dispose();
            _output.Dispose();
            _up.Dispose();
            _down.Dispose();
        }
    }

    /// <summary>A norm in bfloat16; sums in float32, inside the operator.</summary>
    private sealed class ShortNorm(LayerNorm norm) : IDisposable
    {
        private readonly Tensor _weight = norm.Weight.to(ScalarType.BFloat16, copy: true).DetachFromDisposeScope();
        private readonly Tensor _bias = norm.Bias.to(ScalarType.BFloat16, copy: true).DetachFromDisposeScope();

        public Tensor Forward(Tensor x) => nn.functional.layer_norm(x, _weight.shape, _weight, _bias, norm.Eps);

        public void Dispose()
        {
            _weight.Dispose();
            _bias.Dispose();
        }
    }
}
