using System.Runtime.InteropServices;
using Fovea.Models.Batching;
using Fovea.Models.Configs;
using Fovea.Models.Parameters;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Verification.Benches;

/// <summary>LLaVA written the plain way, and the loop over samples that a user would write around it: one sample at a time, logits of every position.</summary>
internal sealed class PlainLlava : IDisposable
{
    private const string TowerPrefix = "model.vision_tower.vision_model.";
    private readonly LlavaConfig _config;
    private readonly Dictionary<string, Tensor> _weights;
    private readonly PlainDecoder _decoder;
    private readonly ScalarType _type;

    /// <summary>Computes in a type, with copies of a model's parameters.</summary>
    public PlainLlava(LlavaConfig config, ParameterSet parameters, ScalarType type)
        : this(config, parameters.All.ToDictionary(p => p.Key, p => p.Value.to(type, copy: true).DetachFromDisposeScope()), type)
    {
    }

    /// <summary>Computes with weights that are given, and takes them over.</summary>
    public PlainLlava(LlavaConfig config, Dictionary<string, Tensor> weights, ScalarType type)
    {
        (_config, _type, _weights) = (config, type, weights);
        _decoder = new PlainDecoder(config.Text, _weights, "model.language_model.");
    }

    /// <summary>Log-probabilities of the targets, in nats: <c>[targets]</c>.</summary>
    public float[] Score(ExpandedSample sample)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var ids = Ids(sample);
        var logProbs = Logits(sample).to(ScalarType.Float32).log_softmax(-1); // [1, seq, vocab]
        var next = logProbs.narrow(1, 0, ids.shape[1] - 1).gather(2, ids.narrow(1, 1, ids.shape[1] - 1).unsqueeze(-1)).squeeze(-1).squeeze(0); // [seq - 1]
        var values = MemoryMarshal.Cast<byte, float>(next.contiguous().bytes).ToArray();
        return Array.ConvertAll(sample.TargetIndices, t => values[t - 1]);
    }

    /// <summary>Greedy continuation of a prompt: its image, all its tokens, and then one token at a time by its own cache.</summary>
    public int[] Answer(ExpandedSample prompt, int tokens)
    {
        using var noGrad = no_grad();
        using var cache = new PlainCache(_config.Text.NumLayers);
        var ids = new int[tokens];
        for (var i = 0; i < tokens; i++)
        {
            using var scope = NewDisposeScope();
            var embeddings = i == 0 ? Embeddings(prompt) : _decoder.Embed(tensor([(long)ids[i - 1]]).unsqueeze(0));
            ids[i] = (int)_decoder.Forward(embeddings, cache).argmax(-1).item<long>();
        }

        return ids;
    }

    /// <summary>Logits of every position: <c>[1, seq, vocab]</c>.</summary>
    public Tensor Logits(ExpandedSample sample) => _decoder.Forward(Embeddings(sample));

    private Tensor Embeddings(ExpandedSample sample)
    {
        var ids = Ids(sample);
        var image = sample.Images[0];
        var pixels = from_array(image.Values).view(1, 3, image.Height, image.Width).to(_type);
        var features = Map(nn.functional.gelu(Map(Tower(pixels), "model.multi_modal_projector.linear_1")),
            "model.multi_modal_projector.linear_2"); // [1, tokens, hidden]
        var embeddings = _decoder.Embed(ids);
        var places = ids.flatten().IsNumber(_config.ImageTokenId).nonzero().squeeze(1);
        return embeddings.squeeze(0).index_copy(0, places, features.flatten(0, 1)).unsqueeze(0);
    }

    public void Dispose()
    {
        foreach (var weight in _weights.Values)
        {
            weight.Dispose();
        }
    }

    private static Tensor Ids(ExpandedSample sample) => tensor(Array.ConvertAll(sample.InputIds, i => (long)i)).unsqueeze(0); // [1, seq]

    private Tensor Map(Tensor x, string name) => nn.functional.linear(x, _weights[name + ".weight"], _weights[name + ".bias"]);

    private Tensor Norm(Tensor x, string name) =>
        nn.functional.layer_norm(x, [_config.Vision.HiddenSize], _weights[name + ".weight"], _weights[name + ".bias"], _config.Vision.LayerNormEps);

    private Tensor Tower(Tensor pixels)
    {
        var c = _config.Vision;
        var patches = nn.functional.conv2d(pixels, _weights[TowerPrefix + "embeddings.patch_embedding.weight"], strides: [c.PatchSize, c.PatchSize])
            .flatten(2).transpose(1, 2);
        var x = cat([_weights[TowerPrefix + "embeddings.class_embedding"].view(1, 1, -1), patches], 1)
            .Plus(_weights[TowerPrefix + "embeddings.position_embedding.weight"]);
        x = Norm(x, TowerPrefix + "pre_layrnorm");
        for (var i = 0; i < c.NumLayers; i++)
        {
            var p = $"{TowerPrefix}encoder.layers.{i}.";
            var y = Norm(x, p + "layer_norm1");
            Tensor Heads(string name) => Map(y, p + "self_attn." + name).unflatten(2, [c.NumHeads, c.HiddenSize / c.NumHeads]).transpose(1, 2);
            var mixed = nn.functional.scaled_dot_product_attention(Heads("q_proj"), Heads("k_proj"), Heads("v_proj"));
            x = x.Plus(Map(mixed.transpose(1, 2).flatten(2), p + "self_attn.out_proj"));
            var z = Map(Norm(x, p + "layer_norm2"), p + "mlp.fc1");
            x = x.Plus(Map(z * z.Times(1.702).sigmoid(), p + "mlp.fc2")); // CLIP's quick GELU
        }

        return x.narrow(1, 1, x.shape[1] - 1); // without the class token
    }
}
