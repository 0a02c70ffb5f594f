using Fovea.Models.Configs;
using Fovea.Models.Parameters;

namespace Fovea.Models.Vision;

public sealed partial class VisionTower
{
    private static readonly string[] AttentionNames = ["q_proj", "k_proj", "v_proj", "out_proj"];

    /// <summary>Names, shapes and initial values of a tower's parameters, in order.</summary>
    internal static IEnumerable<ParameterSpec> Specs(VisionConfig c, string prefix)
    {
        var normal = Initial.Normal(c.InitializerRange);
        var lookup = Initial.Lookup(c.InitializerRange);
        long h = c.HiddenSize, m = c.IntermediateSize;
        ParameterSpec Spec(string name, Initial initial, params long[] shape) => new(prefix + name, shape, initial);
        IEnumerable<ParameterSpec> Pair(string name, Initial weight, params long[] shape) =>
            [Spec(name + ".weight", weight, shape), Spec(name + ".bias", Initial.Zero, shape[0])];
        List<ParameterSpec> specs = [Spec("embeddings.patch_embedding.weight", normal, h, 3, c.PatchSize, c.PatchSize)];
        specs.Add(c.HasClassToken ? Spec("embeddings.class_embedding", lookup, h) : Spec("embeddings.patch_embedding.bias", Initial.Zero, h));
        specs.Add(Spec("embeddings.position_embedding.weight", lookup, c.NumTokens, h));
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
            specs.Add(Spec("head.probe", lookup, 1, 1, h));
            specs.Add(Spec("head.attention.in_proj_weight", normal, 3 * h, h));
            specs.Add(Spec("head.attention.in_proj_bias", Initial.Zero, 3 * h));
            specs.AddRange(Pair("head.attention.out_proj", normal, h, h));
            specs.AddRange(Pair("head.layernorm", Initial.One, h));
            specs.AddRange(Pair("head.mlp.fc1", normal, m, h));
            specs.AddRange(Pair("head.mlp.fc2", normal, h, m));
        }

        return specs;
    }
}
