using Fovea.Core.Errors;
using Fovea.Models.Configs;
using Fovea.Models.Decoders;
using Fovea.Models.Parameters;
using static TorchSharp.torch;

namespace Fovea.Models.Vision;

/// <summary>
/// The vision transformer of CLIP (arXiv 2103.00020): class token, learned positions, a norm before pre-norm blocks.
/// Also SigLIP's (arXiv 2303.15343), which has neither class token nor that first norm but a bias on its patch embedding.
/// </summary>
public sealed class ClipVisionTower
{
    private static readonly string[] AttentionNames = ["q_proj", "k_proj", "v_proj", "out_proj"];
    private readonly Tensor? _classEmbedding; // [hidden]
    private readonly Linear _patchEmbedding; // [hidden, 3 * patch * patch]
    private readonly Tensor _patchWeight; // [hidden, 3, patch, patch]
    private readonly Tensor _positions; // [tokens, hidden]
    private readonly LayerNorm? _preNorm;
    private readonly TowerBlock[] _blocks;

    /// <summary>Takes parameters by their names.</summary>
    /// <param name="config">Shape.</param>
    /// <param name="parameters">Holds them; names as CLIP's in Transformers.</param>
    /// <param name="prefix">Before each name: <c>model.vision_tower.vision_model.</c>, or nothing.</param>
    public ClipVisionTower(VisionConfig config, ParameterSet parameters, string prefix)
    {
        Config = config;
        _patchWeight = parameters[prefix + "embeddings.patch_embedding.weight"];
        _patchEmbedding = new Linear(_patchWeight, config.HasClassToken ? null : parameters[prefix + "embeddings.patch_embedding.bias"]);
        _positions = parameters[prefix + "embeddings.position_embedding.weight"];
        _classEmbedding = config.HasClassToken ? parameters[prefix + "embeddings.class_embedding"] : null;
        _preNorm = config.HasClassToken ? new LayerNorm(parameters, prefix + "pre_layrnorm", config.LayerNormEps) : null;
        _blocks = [.. Enumerable.Range(0, config.NumLayers).Select(i => new TowerBlock(config, parameters, $"{prefix}encoder.layers.{i}."))];
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
        if (Recomputation is { } recomputation && (x.requires_grad || _blocks.Take(depth).Any(b => b.IsTrained)))
        {
            var policy = Policy;
            return recomputation.Run(x, [.. _blocks.Take(depth).Select(b => (Func<Tensor, Tensor>)(y => b.Forward(y, policy)))]);
        }

        for (var i = 0; i < depth; i++)
        {
            x = _blocks[i].Forward(x, Policy);
        }

        return x.MoveToOuterDisposeScope();
    }

    /// <summary>All hidden states: layers + 1 of <c>[images, tokens, hidden]</c>.</summary>
    internal List<Tensor> HiddenStates(Tensor pixelValues)
    {
        List<Tensor> states = [Embed(pixelValues)];
        foreach (var block in _blocks)
        {
            states.Add(block.Forward(states[^1], Policy));
        }

        return states;
    }

    /// <summary>Names, shapes and initial values of a tower's parameters, in order.</summary>
    internal static IEnumerable<ParameterSpec> Specs(VisionConfig c, string prefix)
    {
        var normal = Initial.Normal(c.InitializerRange);
        long h = c.HiddenSize, m = c.IntermediateSize;
        ParameterSpec Spec(string name, Initial initial, params long[] shape) => new(prefix + name, shape, initial);
        IEnumerable<ParameterSpec> Pair(string name, Initial weight, params long[] shape) =>
            [Spec(name + ".weight", weight, shape), Spec(name + ".bias", Initial.Zero, shape[0])];
        List<ParameterSpec> specs = [Spec("embeddings.patch_embedding.weight", normal, h, 3, c.PatchSize, c.PatchSize)];
        specs.Add(c.HasClassToken ? Spec("embeddings.class_embedding", normal, h) : Spec("embeddings.patch_embedding.bias", Initial.Zero, h));
        specs.Add(Spec("embeddings.position_embedding.weight", normal, c.NumTokens, h));
        specs.AddRange(c.HasClassToken ? Pair("pre_layrnorm", Initial.One, h) : []);
        for (var i = 0; i < c.NumLayers; i++)
        {
            var p = $"encoder.layers.{i}.";
            specs.AddRange(Pair(p + "layer_norm1", Initial.One, h));
            specs.AddRange(AttentionNames.SelectMany(n => Pair($"{p}self_attn.{n}", normal, h, h)));
            specs.AddRange(Pair(p + "layer_norm2", Initial.One, h));
            specs.AddRange(Pair(p + "mlp.fc1", normal, m, h));
            specs.AddRange(Pair(p + "mlp.fc2", normal, h, m));
        }

        specs.AddRange(Pair("post_layernorm", Initial.One, h));
        if (c.HasPoolingHead)
        {
            specs.Add(Spec("head.probe", normal, 1, 1, h));
            specs.Add(Spec("head.attention.in_proj_weight", normal, 3 * h, h));
            specs.Add(Spec("head.attention.in_proj_bias", Initial.Zero, 3 * h));
            specs.AddRange(Pair("head.attention.out_proj", normal, h, h));
            specs.AddRange(Pair("head.layernorm", Initial.One, h));
            specs.AddRange(Pair("head.mlp.fc1", normal, m, h));
            specs.AddRange(Pair("head.mlp.fc2", normal, h, m));
        }

        return specs;
    }

    private Tensor Embed(Tensor pixelValues)
    {
        using var scope = NewDisposeScope();
        if (pixelValues.shape is not [var images, 3, var height, var width] || height != Config.ImageSize || width != Config.ImageSize)
        {
            throw new FoveaException($"pixel values [{string.Join(", ", pixelValues.shape)}]; the tower expects [images, 3, {Config.ImageSize}, {Config.ImageSize}]");
        }

        long grid = Config.Grid, patch = Config.PatchSize;
        var patches = pixelValues.narrow(2, 0, grid * patch).narrow(3, 0, grid * patch)
            .view(images, 3, grid, patch, grid, patch).permute(0, 2, 4, 1, 3, 5) // [images, grid, grid, 3, patch, patch]
            .reshape(images, grid * grid, 3 * patch * patch);
        var x = Linear.Product(patches, _patchWeight.flatten(1), _patchEmbedding.Bias, Policy.Mlp); // [images, patches, hidden]
        if (_classEmbedding is not null)
        {
            x = cat([_classEmbedding.expand(images, 1, -1), x], 1); // [images, tokens, hidden]
        }

        x = x + _positions;
        return (_preNorm is null ? x : _preNorm.Forward(x)).MoveToOuterDisposeScope();
    }
}
