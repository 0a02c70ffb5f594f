using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Fovea.Data.Tokenizers;
using Fovea.Models.Checkpoints;
using Fovea.Models.Generation;
using Fovea.Tests.Training;
using Fovea.Torch;
using Xunit;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

/// <summary>stories260K, a trained model of the llama family in llama2.c's format: as a folder of ours it tells the published story, token for token.</summary>
public sealed class GenerationStoriesTests
{
    private const string Home = "data/weights/stories260K/";

    public GenerationStoriesTests() => TorchRuntime.Start(1);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_published_story_is_told_greedily(bool useCache)
    {
        using var folder = new TemporaryFolder();
        WriteModel(TestData.Find(Home + "stories260K.bin"), folder.Path);
        File.Copy(TestData.Find(Home + "tok512.model"), folder["tokenizer.model"]);
        var published = Published(File.ReadAllText(TestData.Find(Home + "stories260K.md")));
        var tokenizer = Tokenizer.Load(folder.Path);
        using var model = ModelFolder.Load(folder.Path);
        var prompt = new Fovea.Models.Batching.ExpandedSample(tokenizer.Encode("", addSpecialTokens: true).Ids, [], []);
        Assert.Equal([1], prompt.InputIds);

        var streamed = new StringBuilder();
        // The program runs 256 steps, or until the id that begins a text comes again.
        var options = new GenerationOptions { MaxNewTokens = 256, EndIds = [1], UseCache = useCache };
        var told = TextGenerator.Generate(
            model, [prompt], options, () => tokenizer.DecodeStream(skipSpecialTokens: true), piece => streamed.Append(piece.Text),
            TestContext.Current.CancellationToken)[0];
        Assert.Equal(published, told.Text);
        Assert.Equal(published, streamed.ToString());
        Assert.Equal(published, tokenizer.Decode(told.Ids, skipSpecialTokens: true));
        Assert.Equal(tokenizer.Encode(published, addSpecialTokens: false).Ids, told.Ids);
    }

    /// <summary>What stands behind the command with temperature 0.</summary>
    private static string Published(string readme)
    {
        var start = readme.IndexOf("-t 0.0\n", StringComparison.Ordinal) + "-t 0.0\n".Length;
        return readme[start..readme.IndexOf("\n```", start, StringComparison.Ordinal)];
    }

    /// <summary>A header of seven numbers, then float32 arrays; queries and keys turn neighbouring dimensions, ours turn halves.</summary>
    private static void WriteModel(string file, string folder)
    {
        using var scope = NewDisposeScope();
        var bytes = File.ReadAllBytes(file);
        var header = MemoryMarshal.Cast<byte, int>(bytes.AsSpan(0, 28)).ToArray();
        var (dim, hidden, layers, heads, keyValueHeads, vocab, seq) = (header[0], header[1], header[2], header[3], header[4], header[5], header[6]);
        var (size, at) = (dim / heads, 28);
        Tensor Take(params long[] shape)
        {
            var length = (int)shape.Aggregate(1L, (a, b) => a * b) * sizeof(float);
            at += length;
            return tensor(MemoryMarshal.Cast<byte, float>(bytes.AsSpan(at - length, length)).ToArray(), shape);
        }

        Tensor Halves(Tensor rows, int numHeads) => rows.view(layers, numHeads, size / 2, 2, dim).transpose(2, 3).reshape(layers, numHeads * size, dim);
        var tensors = new Dictionary<string, Tensor> { ["model.embed_tokens.weight"] = Take(vocab, dim) };
        void Layers(string name, Tensor all)
        {
            for (var i = 0; i < layers; i++)
            {
                tensors[$"model.layers.{i}.{name}.weight"] = all[i];
            }
        }

        Layers("input_layernorm", Take(layers, dim));
        Layers("self_attn.q_proj", Halves(Take(layers, heads * size, dim), heads));
        Layers("self_attn.k_proj", Halves(Take(layers, keyValueHeads * size, dim), keyValueHeads));
        Layers("self_attn.v_proj", Take(layers, keyValueHeads * size, dim));
        Layers("self_attn.o_proj", Take(layers, dim, heads * size));
        Layers("post_attention_layernorm", Take(layers, dim));
        Layers("mlp.gate_proj", Take(layers, hidden, dim));
        Layers("mlp.down_proj", Take(layers, dim, hidden));
        Layers("mlp.up_proj", Take(layers, hidden, dim));
        tensors["model.norm.weight"] = Take(dim);
        Assert.Equal(bytes.Length, at + (seq * size * sizeof(float))); // what is left: tables of cosines and sines
        SafetensorsFile.Write(Path.Combine(folder, "model.safetensors"), tensors);
        File.WriteAllText(Path.Combine(folder, "config.json"), new JsonObject
        {
            ["model_type"] = "llama",
            ["vocab_size"] = vocab,
            ["hidden_size"] = dim,
            ["intermediate_size"] = hidden,
            ["num_hidden_layers"] = layers,
            ["num_attention_heads"] = heads,
            ["num_key_value_heads"] = keyValueHeads,
            ["max_position_embeddings"] = seq,
            ["rms_norm_eps"] = 1e-5,
            ["tie_word_embeddings"] = true,
        }.ToJsonString());
    }
}
