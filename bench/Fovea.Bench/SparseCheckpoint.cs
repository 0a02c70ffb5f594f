using System.Text.Json.Nodes;

namespace Fovea.Bench;

/// <summary>
/// A bf16 checkpoint with the configuration and shapes of a 7B LLaMA, in shards as published ones are. The files are sparse: they have their full
/// length, and occupy a page per tensor.
/// </summary>
internal static class SparseCheckpoint
{
    private const int Layers = 32, Hidden = 4096, Intermediate = 11008, Vocabulary = 32000;
    private const long ShardBytes = 5_000_000_000;
    private const int RandomBytes = 4096;

    /// <summary>Writes the checkpoint; returns the bytes of its tensors.</summary>
    public static long Write(string folder)
    {
        List<List<(string Name, long[] Shape)>> shards = [[]];
        long inShard = 0, total = 0;
        foreach (var tensor in Tensors())
        {
            var bytes = Bytes(tensor.Shape);
            if (inShard + bytes > ShardBytes)
            {
                shards.Add([]);
                inShard = 0;
            }

            shards[^1].Add(tensor);
            inShard += bytes;
            total += bytes;
        }

        var map = new JsonObject();
        for (var i = 0; i < shards.Count; i++)
        {
            var name = $"model-{i + 1:00000}-of-{shards.Count:00000}.safetensors";
            WriteShard(Path.Combine(folder, name), shards[i]);
            shards[i].ForEach(t => map.Add(t.Name, name));
        }

        var index = new JsonObject { ["metadata"] = new JsonObject { ["total_size"] = total }, ["weight_map"] = map };
        File.WriteAllText(Path.Combine(folder, "model.safetensors.index.json"), index.ToJsonString());
        File.WriteAllText(Path.Combine(folder, "config.json"), new JsonObject
        {
            ["model_type"] = "llama",
            ["architectures"] = new JsonArray("LlamaForCausalLM"),
            ["hidden_size"] = Hidden,
            ["intermediate_size"] = Intermediate,
            ["num_hidden_layers"] = Layers,
            ["num_attention_heads"] = 32,
            ["num_key_value_heads"] = 32,
            ["vocab_size"] = Vocabulary,
            ["max_position_embeddings"] = 4096,
            ["tie_word_embeddings"] = false,
            ["torch_dtype"] = "bfloat16",
        }.ToJsonString());
        return total;
    }

    private static IEnumerable<(string Name, long[] Shape)> Tensors()
    {
        yield return ("model.embed_tokens.weight", [Vocabulary, Hidden]);
        for (var i = 0; i < Layers; i++)
        {
            foreach (var name in new[] { "q", "k", "v", "o" })
            {
                yield return ($"model.layers.{i}.self_attn.{name}_proj.weight", [Hidden, Hidden]);
            }

            yield return ($"model.layers.{i}.mlp.gate_proj.weight", [Intermediate, Hidden]);
            yield return ($"model.layers.{i}.mlp.up_proj.weight", [Intermediate, Hidden]);
            yield return ($"model.layers.{i}.mlp.down_proj.weight", [Hidden, Intermediate]);
            yield return ($"model.layers.{i}.input_layernorm.weight", [Hidden]);
            yield return ($"model.layers.{i}.post_attention_layernorm.weight", [Hidden]);
        }

        yield return ("model.norm.weight", [Hidden]);
        yield return ("lm_head.weight", [Vocabulary, Hidden]);
    }

    private static void WriteShard(string path, List<(string Name, long[] Shape)> tensors)
    {
        var header = new JsonObject { ["__metadata__"] = new JsonObject { ["format"] = "pt" } };
        var starts = new List<long>();
        var offset = 0L;
        foreach (var (name, shape) in tensors)
        {
            starts.Add(offset);
            var end = offset + Bytes(shape);
            header.Add(name,
                new JsonObject { ["dtype"] = "BF16", ["shape"] = new JsonArray([.. shape.Select(d => (JsonNode)d)]), ["data_offsets"] = new JsonArray(offset, end) });
            offset = end;
        }

        var json = System.Text.Encoding.UTF8.GetBytes(header.ToJsonString());
        var padded = ((json.Length + 8 + 63) / 64 * 64) - 8;
        using var file = new FileStream(path, FileMode.CreateNew);
        file.SetLength(8 + padded + offset);
        file.Write(BitConverter.GetBytes((long)padded));
        file.Write(json);
        file.Write([.. Enumerable.Repeat((byte)' ', padded - json.Length)]);
        var random = new Random(1);
        var values = new byte[RandomBytes];
        foreach (var start in starts)
        {
            random.NextBytes(values);
            for (var i = 1; i < values.Length; i += 2)
            {
                values[i] = (byte)((values[i] & 0x80) | 0x3C); // the exponent of small weights
            }

            file.Position = 8 + padded + start;
            file.Write(values);
        }
    }

    private static long Bytes(long[] shape) => 2 * shape.Aggregate(1L, (product, d) => product * d);
}
