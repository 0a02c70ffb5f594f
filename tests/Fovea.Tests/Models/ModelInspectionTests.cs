using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fovea.Models.Checkpoints;
using Fovea.Models.Configs;
using Fovea.Models.Families;
using Fovea.Models.Initialisation;
using Fovea.Models.Parameters;
using Fovea.Torch;
using Xunit;
using static Fovea.Tests.Models.TestModels;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

/// <summary>What can be said of a model without reading it; LLaVA-1.5-7B by its published index.</summary>
public sealed class ModelInspectionTests : IDisposable
{
    private const long LlavaParameters = 7_063_427_072;
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-inspect-").FullName;

    public ModelInspectionTests() => TorchRuntime.Start(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Names_and_sizes_of_llava_7b_are_those_of_its_published_index()
    {
        var specs = LlavaModel.Specs(Llava7B()).ToList();
        var index = JsonDocument.Parse(File.ReadAllBytes(TestData.Find("data/hf_configs/llava-1.5-7b-hf/model.safetensors.index.json"))).RootElement;
        var published = index.GetProperty("weight_map").EnumerateObject().Select(p => LlavaNames.Canonical(p.Name)!);
        Assert.Equal(published.Order(StringComparer.Ordinal), specs.Select(s => s.Name).Order(StringComparer.Ordinal));
        Assert.Equal(index.GetProperty("metadata").GetProperty("total_size").GetInt64(), 2 * specs.Sum(s => s.NumElements)); // float16
    }

    [Fact]
    public void Llava_7b_is_built_on_the_meta_device_without_memory()
    {
        var config = Llava7B();
        var parameters = new ParameterSet();
        foreach (var spec in LlavaModel.Specs(config))
        {
            parameters.Add(spec.Name, empty(spec.Shape, ScalarType.BFloat16, META));
        }

        using var model = new LlavaModel(config, parameters);
        Assert.Equal(LlavaParameters, model.Parameters.NumElements);
        Assert.Equal(576, model.Config.TokensPerImage);
    }

    [Fact]
    public void A_checkpoint_of_fourteen_gigabytes_is_described_from_its_headers()
    {
        File.Copy(TestData.Find("data/hf_configs/llava-1.5-7b-hf/config.json"), Path.Combine(_folder, "config.json"));
        WriteSparse(Path.Combine(_folder, "model.safetensors"), LlavaModel.Specs(Llava7B()));
        var found = ModelInspection.Read(_folder);
        Assert.Equal(("llava", "llama", "clip_vision_model", LlavaParameters), (found.Family, found.Decoder, found.Tower, found.Parameters));
        Assert.Empty(found.Problems);
        Assert.Equal(LlavaParameters, found.StoredTypes["bf16"]);
        Assert.Equal((2 * LlavaParameters, 4 * LlavaParameters), (found.Memory.Load, found.Memory.LoadF32));
        Assert.InRange(found.Memory.Score, found.Memory.Load + 1, 2 * found.Memory.Load);
        Assert.True(found.Memory.Train > 16 * LlavaParameters);
        Assert.Equal(LlavaParameters, found.Parts.Values.Sum());
    }

    [Theory]
    [InlineData("models/decoder/qwen2_tied", "qwen2", "transformers", 1)]
    [InlineData("models/llava/llama_clip/transformers450_sharded", "llava", "transformers before 4.52", 2)]
    [InlineData("models/llava/llama_clip/transformers452", "llava", "transformers 4.52", 1)]
    [InlineData("models/llava/llama_clip/transformers5", "llava", "transformers 5", 1)]
    [InlineData("models/llava/llama_clip/original_llava_bin", "llava", "original LLaVA", 3)]
    [InlineData("models/openqwen2vl/pool_4_to_2", "openqwen2vl", "prismatic", 2)]
    [InlineData("models/solo/solo_small", "solo", "transformers", 1)]
    public void Family_layout_and_files_are_named(string path, string family, string layout, int files)
    {
        var found = ModelInspection.Read(TestData.Find("fixtures/" + path));
        Assert.Equal((family, layout, files), (found.Family, found.Layout, found.Files));
        Assert.Empty(found.Problems);
        Assert.Null(found.Lacks);
    }

    [Fact]
    public void An_original_llava_without_its_tower_is_described_and_says_what_it_lacks()
    {
        var source = TestData.Find("fixtures/models/llava/llama_clip/original_llava_bin");
        foreach (var file in Directory.EnumerateFiles(source))
        {
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        }

        var found = ModelInspection.Read(_folder);
        Assert.Equal("its vision tower, 'tower'", found.Lacks);
        Assert.Empty(found.Problems);
    }

    [Fact]
    public void Tensors_that_do_not_fit_are_problems_and_not_an_error()
    {
        using var model = ModelPresets.Create("tiny-text-2", Vocabulary, 5);
        ModelFolder.Save(model, _folder);
        SafetensorsFile.Write(Path.Combine(_folder, "model.safetensors"), model.Parameters.All.Skip(1));
        Assert.Equal(["missing model.embed_tokens.weight [90, 64]"], ModelInspection.Read(_folder).Problems);
    }

    private static LlavaConfig Llava7B() => LlavaConfig.Read(TestData.Find("data/hf_configs/llava-1.5-7b-hf/config.json"));

    private static void WriteSparse(string path, IEnumerable<ParameterSpec> specs)
    {
        var header = new JsonObject();
        var offset = 0L;
        foreach (var spec in specs)
        {
            header[spec.Name] = new JsonObject
            {
                ["dtype"] = "BF16",
                ["shape"] = new JsonArray([.. spec.Shape.Select(d => (JsonNode)d)]),
                ["data_offsets"] = new JsonArray(offset, offset += 2 * spec.NumElements),
            };
        }

        var json = Encoding.UTF8.GetBytes(header.ToJsonString());
        using var stream = File.Create(path);
        stream.Write(BitConverter.GetBytes((long)json.Length));
        stream.Write(json);
        stream.SetLength(8 + json.Length + offset);
    }
}
