using System.Text;
using System.Text.Json.Nodes;

namespace Fovea.EndToEnd.Tests;

/// <summary><c>fovea model inspect</c> as a user runs it.</summary>
public sealed class ModelInspectTests : IDisposable
{
    private const string Config =
        """{"model_type":"llama","vocab_size":6,"hidden_size":4,"intermediate_size":8,"num_hidden_layers":1,"num_attention_heads":2,"tie_word_embeddings":true,"max_position_embeddings":16}""";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_model_is_described_as_a_table_and_as_json()
    {
        _folder.Write("config.json", Config);
        WriteWeights(withNorm: true);
        var json = FoveaProcess.Succeed("model", "inspect", _folder.Path, "--json").Json;
        Assert.Equal("llama", (string?)json["family"]);
        Assert.Equal(24 + 64 + 96 + 12, (long)json["parameters"]!);
        Assert.Equal(196, (long)json["stored_types"]!["bf16"]!);
        Assert.Equal(392, (long)json["memory"]!["load"]!);
        Assert.True((bool)json["tied_head"]!);
        Assert.Empty(json["problems"]!.AsArray());
        var table = FoveaProcess.Succeed("model", "inspect", _folder.Path).Output;
        foreach (var part in new[] { "llama", "tied to the embedding", "bf16", "memory to train", "can be loaded", "yes" })
        {
            Assert.Contains(part, table, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Tensors_that_do_not_fit_are_listed()
    {
        _folder.Write("config.json", Config);
        WriteWeights(withNorm: false);
        var json = FoveaProcess.Succeed("model", "inspect", _folder.Path, "--json").Json;
        Assert.Equal("missing model.norm.weight [4]", (string?)Assert.Single(json["problems"]!.AsArray()));
    }

    [Fact]
    public void A_folder_without_a_model_is_one_line()
    {
        var outcome = FoveaProcess.Run("model", "inspect", _folder.Path);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("no model here (config.json is missing)", Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
    }

    private void WriteWeights(bool withNorm)
    {
        const string Layer = "model.layers.0.";
        List<(string Name, int[] Shape)> tensors =
        [
            ("model.embed_tokens.weight", [6, 4]), (Layer + "self_attn.q_proj.weight", [4, 4]), (Layer + "self_attn.k_proj.weight", [4, 4]),
            (Layer + "self_attn.v_proj.weight", [4, 4]), (Layer + "self_attn.o_proj.weight", [4, 4]), (Layer + "mlp.gate_proj.weight", [8, 4]),
            (Layer + "mlp.up_proj.weight", [8, 4]), (Layer + "mlp.down_proj.weight", [4, 8]), (Layer + "input_layernorm.weight", [4]),
            (Layer + "post_attention_layernorm.weight", [4]),
        ];
        if (withNorm)
        {
            tensors.Add(("model.norm.weight", [4]));
        }

        var header = new JsonObject();
        var offset = 0;
        foreach (var (name, shape) in tensors)
        {
            var end = offset + (2 * shape.Aggregate(1, (a, b) => a * b));
            header[name] =
                new JsonObject { ["dtype"] = "BF16", ["shape"] = new JsonArray([.. shape.Select(d => (JsonNode)d)]), ["data_offsets"] = new JsonArray(offset, end) };
            offset = end;
        }

        var json = Encoding.UTF8.GetBytes(header.ToJsonString());
        File.WriteAllBytes(_folder["model.safetensors"], [.. BitConverter.GetBytes((long)json.Length), .. json, .. new byte[offset]]);
    }
}
