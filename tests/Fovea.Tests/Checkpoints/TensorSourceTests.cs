using System.Text.Json;
using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Models.Checkpoints;
using Fovea.Tests.Training;
using Fovea.Torch;
using Xunit;
using static TorchSharp.torch;

namespace Fovea.Tests.Checkpoints;

public sealed class TensorSourceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-sources-").FullName;

    public TensorSourceTests() => TorchRuntime.Start(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Shards_are_one_source_with_the_tensors_of_the_single_file()
    {
        using var scope = NewDisposeScope();
        using var sharded = TensorSources.Open(TestData.Find("fixtures/models/llava/llama_clip/transformers450_sharded"));
        using var whole = TensorSources.Open(TestData.Find("fixtures/models/llava/llama_clip/transformers452"));
        Assert.Equal(whole.Tensors.Count, sharded.Tensors.Count);
        foreach (var name in sharded.Tensors.Keys)
        {
            var other = name == "language_model.lm_head.weight" ? "lm_head.weight"
                : name.StartsWith("language_model.model.", StringComparison.Ordinal)
                    ? "model.language_model." + name["language_model.model.".Length..] : "model." + name;
            Assert.Equal(whole.Read(other).bytes.ToArray(), sharded.Read(name, copy: false).bytes.ToArray());
        }
    }

    [Fact]
    public void Original_LLaVA_shards_hold_what_the_safetensors_file_holds()
    {
        using var scope = NewDisposeScope();
        using var torchFiles = TensorSources.Open(TestData.Find("fixtures/models/llava/llama_clip/original_llava_bin"));
        using var safetensors = TensorSources.Open(TestData.Find("fixtures/models/llava/llama_clip/transformers452"));
        Assert.All(torchFiles.Tensors.Keys, name =>
        {
            var other = name == "lm_head.weight" ? name
                : name.StartsWith("model.mm_projector.", StringComparison.Ordinal)
                    ? "model.multi_modal_projector." + name["model.mm_projector.".Length..].Replace("0.", "linear_1.", StringComparison.Ordinal)
                        .Replace("2.", "linear_2.", StringComparison.Ordinal)
                    : "model.language_model." + name["model.".Length..];
            Assert.Equal(safetensors.Tensors[other].Shape, torchFiles.Tensors[name].Shape);
            Assert.Equal(safetensors.Read(other).bytes.ToArray(), torchFiles.Read(name).bytes.ToArray());
        });
    }

    [Theory]
    [InlineData("model.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "Git LFS pointer")]
    [InlineData("model.safetensors", "<!doctype html><title>Not found</title>", "web page")]
    [InlineData("pytorch_model.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "Git LFS pointer")]
    [InlineData("model.safetensors.index.json", "<html><body>Sign in</body></html>", "web page")]
    public void A_pointer_or_a_page_in_the_place_of_weights_is_called_so(string file, string content, string named)
    {
        File.WriteAllText(Path.Combine(_folder, file), content);
        Assert.Contains(named, Assert.Throws<InvalidInputException>(() => TensorSources.Open(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_of_more_tensors_than_any_model_has_is_refused_by_their_number()
    {
        var header = System.Text.Encoding.UTF8.GetBytes("{"
            + string.Join(',', Enumerable.Range(0, 100_001).Select(i => $"\"{i}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}")) + "}");
        var file = Path.Combine(_folder, "model.safetensors");
        File.WriteAllBytes(file, [.. BitConverter.GetBytes((long)header.Length), .. header]);
        Assert.Contains("100001 tensors; expected at most 100000", Assert.Throws<InvalidInputException>(() => TensorSources.Open(file)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pool_4_to_2", true)]
    [InlineData("pool_5_to_3", false)]
    public void Nested_dictionaries_have_dotted_names_and_tied_heads_share_their_storage(string name, bool tied)
    {
        using var scope = NewDisposeScope();
        using var source = TensorSources.Open(TestData.Find($"fixtures/models/openqwen2vl/{name}/checkpoints/latest-checkpoint.pt"));
        Assert.Equal([32, 32], source.Tensors["model.projector.mlp_projector.0.weight"].Shape);
        Assert.All(source.Tensors.Keys, n => Assert.StartsWith("model.", n, StringComparison.Ordinal));
        var (embedding, head) = (source.Read("model.llm_backbone.llm.model.embed_tokens.weight"), source.Read("model.llm_backbone.llm.lm_head.weight"));
        Assert.Equal(tied, embedding.bytes.SequenceEqual(head.bytes));
        Assert.All(source.Tensors.Values, t =>
        {
            var read = source.Read(t.Name);
            Assert.Equal(t.Shape, read.shape);
            Assert.True(read.isfinite().all().item<bool>() && read.abs().max().item<float>() is > 0 and < 10, t.Name);
        });
    }

    [Fact]
    public void Safetensors_are_preferred_and_a_folder_without_weights_is_an_error()
    {
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<InvalidInputException>(() => TensorSources.Open(folder.Path));
        Assert.Contains("pytorch_model.bin.index.json", error.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidInputException>(() => TensorSources.Open(folder["absent"]));
        File.WriteAllText(folder["pytorch_model.bin"], "not one");
        Assert.Contains("neither safetensors nor a torch zip file", Assert.Throws<InvalidInputException>(() => TensorSources.Open(folder.Path)).Message,
            StringComparison.Ordinal);
        Write(folder["model.safetensors"], "a");
        using var source = TensorSources.Open(folder.Path);
        Assert.Equal("a", Assert.Single(source.Tensors).Key);
        Assert.Equal([folder["model.safetensors"]], TensorSources.Files(folder.Path));
    }

    [Theory]
    [InlineData("""{"a":"one.safetensors","b":"two.safetensors","c":"one.safetensors"}""", "c is not in one.safetensors")]
    [InlineData("""{"a":"one.safetensors"}""", null)]
    [InlineData("""{"a":"one.safetensors","b":"one.safetensors","x":"two.safetensors"}""", "b is not in one.safetensors")]
    [InlineData("""{"a":"one.safetensors","b":"three.safetensors","c":"four.safetensors"}""", "missing shards (2): four.safetensors; three.safetensors")]
    [InlineData("""{"a":"../one.safetensors"}""", "beside the index")]
    [InlineData("""{"a":"/etc/passwd"}""", "beside the index")]
    [InlineData("""{"a":".."}""", "beside the index")]
    [InlineData("""{"a":"\u001b[2J"}""", "beside the index")]
    [InlineData("""{"a":"C:one"}""", "beside the index")]
    [InlineData("""{"a":3}""", "beside the index")]
    [InlineData("""{"a":"model.safetensors.index.json"}""", "beside the index")]
    [InlineData("""{"a":"one.safetensors","a":"two.safetensors"}""", "JSON")]
    [InlineData("""{"\ud800":"one.safetensors"}""", "JSON")]
    [InlineData("""{}""", "empty")]
    [InlineData("""[]""", "weight_map: expected an object, got a list")]
    public void An_index_that_its_shards_do_not_bear_out_is_one_clear_error(string map, string? expected)
    {
        Write(Path.Combine(_folder, "one.safetensors"), "a");
        Write(Path.Combine(_folder, "two.safetensors"), "b");
        File.WriteAllText(Path.Combine(_folder, "model.safetensors.index.json"), $$"""{"metadata":{"total_size":0},"weight_map":{{map}}}""");
        if (expected is null)
        {
            using var source = TensorSources.Open(_folder);
            Assert.Single(source.Tensors);
            return;
        }

        Assert.Contains(expected, Assert.Throws<InvalidInputException>(() => TensorSources.Open(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_in_two_shards_or_beside_the_index_is_named()
    {
        Write(Path.Combine(_folder, "one.safetensors"), "a", "b");
        Write(Path.Combine(_folder, "two.safetensors"), "b", "c");
        var index = new JsonObject { ["weight_map"] = new JsonObject { ["a"] = "one.safetensors", ["b"] = "two.safetensors" } };
        File.WriteAllText(Path.Combine(_folder, "model.safetensors.index.json"), index.ToJsonString(new JsonSerializerOptions()));
        var error = Assert.Throws<InvalidInputException>(() => TensorSources.Open(_folder));
        Assert.Contains("b is in one.safetensors and two.safetensors", error.Message, StringComparison.Ordinal);
        Assert.Contains("c is in two.safetensors but not in the index", error.Message, StringComparison.Ordinal);
    }

    private static void Write(string path, params string[] names)
    {
        using var scope = NewDisposeScope();
        SafetensorsFile.Write(path, names.Select(n => KeyValuePair.Create(n, ones(2))));
    }
}
