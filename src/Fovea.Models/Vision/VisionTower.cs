using Fovea.Models.Configs;
using Fovea.Models.Decoders;
using Fovea.Models.Parameters;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Vision;

/// <summary>
/// The vision transformer of CLIP (arXiv 2103.00020): class token, learned positions, a norm before pre-norm blocks.
/// Also SigLIP's (arXiv 2303.15343), which has neither class token nor that first norm but a bias on its patch embedding
/// and, in place of the class token, a head that pools by attention.
/// </summary>
public sealed partial class VisionTower : ITower, IDisposable
{
    private readonly Tensor? _classEmbedding; // [hidden]
    private readonly Tensor? _patchBias; // [hidden]
    private readonly Tensor _patchWeight; // [hidden, 3, patch, patch]
    private readonly Tensor _positions; // [tokens, hidden]
    private readonly LayerNorm? _preNorm;
    private readonly LayerNorm _postNorm;
    private readonly TowerBlock[] _blocks;
    private readonly PoolingHead? _head;

    /// <summary>Takes parameters by their names.</summary>
    /// <param name="config">Shape.</param>
    /// <param name="parameters">Holds them; names as CLIP's in Transformers.</param>
    /// <param name="prefix">Before each name: <c>model.vision_tower.vision_model.</c>, or nothing.</param>
    public VisionTower(VisionConfig config, ParameterSet parameters, string prefix)
    {
        Config = config;
        _patchWeight = parameters[prefix + "embeddings.patch_embedding.weight"];
        _patchBias = config.HasClassToken ? null : parameters[prefix + "embeddings.patch_embedding.bias"];
        _positions = parameters[prefix + "embeddings.position_embedding.weight"];
        _classEmbedding = config.HasClassToken ? parameters[prefix + "embeddings.class_embedding"] : null;
        _preNorm = config.HasClassToken ? new LayerNorm(parameters, prefix + "pre_layrnorm", config.LayerNormEps) : null;
        _blocks = [.. Enumerable.Range(0, config.NumLayers).Select(i => new TowerBlock(config, parameters, $"{prefix}encoder.layers.{i}."))];
        _postNorm = new LayerNorm(parameters, prefix + "post_layernorm", config.LayerNormEps);
        _head = config.HasPoolingHead ? new PoolingHead(config, parameters, prefix + "head.") : null;
    }

    /// <summary>Shape.</summary>
    public VisionConfig Config { get; }

    /// <summary>Types of the matrix products.</summary>
    public MatmulPolicy Policy { get; set; } = MatmulPolicy.F32;

    /// <summary>Set during a training pass with gradient checkpointing; null to keep all that gradients need.</summary>
    internal Recomputation? Recomputation { get; set; }

    /// <summary>The hidden state after <paramref name="depth"/> blocks (0: the embeddings, normed in CLIP), as Transformers counts them.</summary>
    /// <param name="pixelValues"><c>[images, 3, height, width]</c>.</param>
    /// <param name="depth">0 to the number of layers; later blocks are not run.</param>
    /// <returns><c>[images, tokens, hidden]</c>.</returns>
    public Tensor Forward(Tensor pixelValues, int depth)
    {
        using var scope = NewDisposeScope();
        var x = Embed(pixelValues);
        if (Recomputation is { Recomputes: true } recomputation && (x.requires_grad || _blocks.Take(depth).Any(b => b.IsTrained)))
        {
            var policy = Policy;
            return recomputation.Run(x, [.. _blocks.Take(depth).Select(b => (Func<Tensor, Tensor>)(y => b.Forward(y, policy)))]);
        }

        if (Inference is not null && !is_grad_enabled())
        {
            return Inference.Forward(x, depth).MoveToOuterDisposeScope();
        }

        for (var i = 0; i < depth; i++)
        {
            x = _blocks[i].Forward(x, Policy);
        }

        return x.MoveToOuterDisposeScope();
    }

    /// <summary>All hidden states, as Transformers counts them: layers + 1 of <c>[images, tokens, hidden]</c>, none of them after the last norm.</summary>
    /// <param name="pixelValues"><c>[images, 3, height, width]</c>.</param>
    public IReadOnlyList<Tensor> HiddenStates(Tensor pixelValues)
    {
        List<Tensor> states = [Embed(pixelValues)];
        foreach (var block in _blocks)
        {
            states.Add(block.Forward(states[^1], Policy));
        }

        return states;
    }

    /// <inheritdoc/>
    Tensor[] ITower.States(Tensor pixelValues, IReadOnlyList<int> depths)
    {
        if (depths is [var only])
        {
            return [Forward(pixelValues, only)];
        }

        var all = HiddenStates(pixelValues);
        return [.. depths.Select(d => all[d])];
    }

    /// <inheritdoc/>
    Recomputation? ITower.Recomputation
    {
        get => Recomputation;
        set => Recomputation = value;
    }

    /// <inheritdoc/>
    IEnumerable<Linear> ITower.Linears => Linears;

    /// <summary>What Transformers' vision models return: every hidden state, the last one (SigLIP's after its norm) and one vector an image.</summary>
    /// <param name="pixelValues"><c>[images, 3, height, width]</c>.</param>
    public TowerOutput Run(Tensor pixelValues)
    {
        var states = HiddenStates(pixelValues);
        if (Config.HasClassToken)
        {
            return new TowerOutput(states, states[^1].alias(), _postNorm.Forward(states[^1].select(1, 0)));
        }

        var last = _postNorm.Forward(states[^1]);
        return new TowerOutput(states, last, _head?.Forward(last, Policy));
    }

    /// <summary>The linear maps of the blocks and of the pooling head.</summary>
    internal IEnumerable<Linear> Linears => _blocks.SelectMany(b => b.Linears).Concat(_head?.Linears ?? []);

    /// <summary>What the blocks are made of.</summary>
    internal IReadOnlyList<TowerBlockWeights> Blocks => Array.ConvertAll(_blocks, b => b.Weights);

    /// <summary>Runs the blocks of <see cref="Forward"/> where no gradient is wanted; null for plain operators. Owned here.</summary>
    internal ITowerPath? Inference
    {
        get;
        set
        {
            field?.Dispose();
            field = value;
        }
    }

    /// <summary>Frees <see cref="Inference"/>; the parameters are their owner's.</summary>
    public void Dispose() => Inference = null;

    private Tensor Embed(Tensor pixelValues)
    {
        using var scope = NewDisposeScope();
        if (pixelValues.shape is not [var images, 3, var height, var width] || height != Config.ImageSize || width != Config.ImageSize)
        {
            throw new FoveaException(
                $"pixel values [{string.Join(", ", pixelValues.shape)}]; the tower expects [images, 3, {Config.ImageSize}, {Config.ImageSize}]");
        }

        long grid = Config.Grid, patch = Config.PatchSize;
        var patches = pixelValues.narrow(2, 0, grid * patch).narrow(3, 0, grid * patch)
            .view(images, 3, grid, patch, grid, patch).permute(0, 2, 4, 1, 3, 5) // [images, grid, grid, 3, patch, patch]
            .reshape(images, grid * grid, 3 * patch * patch);
        var x = Linear.Product(patches, _patchWeight.flatten(1), _patchBias, Policy.Mlp); // [images, patches, hidden]
        if (_classEmbedding is not null)
        {
            x = cat([_classEmbedding.expand(images, 1, -1), x], 1); // [images, tokens, hidden]
        }

        x = x.Plus(_positions);
        return (_preNorm is null ? x : _preNorm.Forward(x)).MoveToOuterDisposeScope();
    }
}

/// <summary>What a tower makes of images. The caller owns the tensors, or the dispose scope it runs in.</summary>
/// <param name="HiddenStates">Layers + 1 of <c>[images, tokens, hidden]</c>.</param>
/// <param name="LastHiddenState">CLIP: the last of them; SigLIP: that after the last norm. <c>[images, tokens, hidden]</c>.</param>
/// <param name="PoolerOutput">CLIP: the class token after the last norm; SigLIP: its attention pooling; null without such a head. <c>[images,
/// hidden]</c>.</param>
public sealed record TowerOutput(IReadOnlyList<Tensor> HiddenStates, Tensor LastHiddenState, Tensor? PoolerOutput);
