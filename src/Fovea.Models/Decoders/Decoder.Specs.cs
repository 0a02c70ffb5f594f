using Fovea.Models.Configs;
using Fovea.Models.Parameters;

namespace Fovea.Models.Decoders;

public sealed partial class Decoder
{
    /// <summary>Names, shapes and initial values of a decoder's parameters, in order; a tied head has none of its own.</summary>
    internal static IEnumerable<ParameterSpec> Specs(DecoderConfig c, string prefix)
    {
        ParameterSpec Weight(string name, params long[] shape) => new(prefix + name, shape, Initial.Normal(c.InitializerRange));
        long h = c.HiddenSize, q = (long)c.NumHeads * c.HeadDim, kv = (long)c.NumKeyValueHeads * c.HeadDim, m = c.IntermediateSize;
        yield return new ParameterSpec(prefix + EmbeddingName, [c.VocabSize, h], Initial.Lookup(c.InitializerRange));
        for (var i = 0; i < c.NumLayers; i++)
        {
            foreach (var (name, rows, columns, bias) in new[]
            {
                ("self_attn.q_proj", q, h, c.QueryKeyValueBias), ("self_attn.k_proj", kv, h, c.QueryKeyValueBias),
                ("self_attn.v_proj", kv, h, c.QueryKeyValueBias), ("self_attn.o_proj", h, q, c.OutputBias),
                ("mlp.gate_proj", m, h, c.MlpBias), ("mlp.up_proj", m, h, c.MlpBias), ("mlp.down_proj", h, m, c.MlpBias),
            })
            {
                yield return Weight($"layers.{i}.{name}.weight", rows, columns);
                if (bias)
                {
                    yield return new ParameterSpec($"{prefix}layers.{i}.{name}.bias", [rows], Initial.Zero);
                }
            }

            yield return new ParameterSpec($"{prefix}layers.{i}.input_layernorm.weight", [h], Initial.One);
            yield return new ParameterSpec($"{prefix}layers.{i}.post_attention_layernorm.weight", [h], Initial.One);
        }

        yield return new ParameterSpec(prefix + "norm.weight", [h], Initial.One);
        if (!c.TieWordEmbeddings)
        {
            yield return new ParameterSpec(HeadName, [c.VocabSize, h],
                Initial.Lookup(c.InitializerRange)); // small, so that a new model predicts every token alike
        }
    }
}
