using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Models.Checkpoints;
using Fovea.Models.Families;
using Fovea.Models.Initialisation;
using Fovea.Models.Vision;
using Fovea.Torch;
using Xunit;
using static Fovea.Tests.Models.TestModels;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

/// <summary>What real folders do beyond the plain case: towers elsewhere, heads stored twice, buffers of old versions, shards.</summary>
public sealed class CheckpointLayoutTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-layouts-").FullName;

    public CheckpointLayoutTests() => TorchRuntime.Start(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_tied_head_that_is_stored_too_must_be_its_embedding()
    {
        using var scope = NewDisposeScope();
        using var model = ModelPresets.Create("tiny-text-2", Vocabulary, 5, Loud with { TieWordEmbeddings = true });
        ModelFolder.Save(model, _folder);
        var tensors = model.Parameters.All.ToDictionary();
        tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"].clone();
        SafetensorsFile.Write(File("model.safetensors"), tensors);
        using (var loaded = ModelFolder.Load(_folder))
        {
            Assert.Equal(model.Parameters.Names, loaded.Parameters.Names);
            ModelFolder.Save(loaded, _folder);
        }

        using (var written = TensorSources.Open(_folder))
        {
            Assert.Contains("lm_head.weight", written.Tensors.Keys); // written as it was found
        }

        tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"].to(ScalarType.BFloat16); // another type of the same numbers
        SafetensorsFile.Write(File("model.safetensors"), tensors);
        using (var loaded = ModelFolder.Load(_folder))
        {
            Assert.Equal(model.Parameters.Names, loaded.Parameters.Names);
        }

        tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"] + 1;
        SafetensorsFile.Write(File("model.safetensors"), tensors);
        Assert.Contains("lm_head.weight differs from model.embed_tokens.weight", Error(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Where_a_llava_says_two_things_of_its_head_what_is_stored_decides(bool outer, bool inner)
    {
        using var model = ModelPresets.Create("tiny-llava", Vocabulary, 5, Loud);
        ModelFolder.Save(model, _folder);
        EditConfig(json => (json["tie_word_embeddings"], json["text_config"]!["tie_word_embeddings"]) = (outer, inner));
        using var loaded = ModelFolder.Load(_folder);
        Assert.Contains("lm_head.weight", loaded.Parameters.Names);
    }

    [Fact]
    public void Buffers_that_old_versions_saved_are_passed_over()
    {
        using var model = ModelPresets.Create("tiny-llava", Vocabulary, 5, Loud);
        ModelFolder.Save(model, _folder);
        var tensors = model.Parameters.All.ToDictionary();
        tensors["model.language_model.layers.0.self_attn.rotary_emb.inv_freq"] = zeros(8);
        tensors["model.vision_tower.vision_model.embeddings.position_ids"] = zeros([1, 10], ScalarType.Int64);
        SafetensorsFile.Write(File("model.safetensors"), tensors);
        using var loaded = ModelFolder.Load(_folder);
        Assert.Equal(model.Parameters.Names, loaded.Parameters.Names);
    }

    [Fact]
    public void A_tower_that_was_trained_lies_in_the_checkpoint_itself()
    {
        using var golden = Original();
        using var plain = TensorSources.Open(_folder);
        using var tower = TensorSources.Open(Path.Combine(_folder, "tower"));
        var tensors = plain.Tensors.Keys.ToDictionary(n => n, n => plain.Read(n));
        foreach (var name in tower.Tensors.Keys)
        {
            tensors["model.vision_tower.vision_tower." + name] = tower.Read(name);
        }

        SafetensorsFile.Write(File("model.safetensors"), tensors);
        System.IO.File.Delete(Path.Combine(_folder, "tower", "model.safetensors")); // its configuration stays
        using var model = (LlavaModel)ModelFolder.Load(_folder);
        using var scope = NewDisposeScope();
        golden.AssertClose("expected.image_features", model.ImageFeatures(golden["pixel_values"]));
        var copy = File("copy");
        ModelFolder.Save(model, copy);
        using var written = TensorSources.Open(copy);
        Assert.Equal(tensors.Keys.Order(StringComparer.Ordinal), written.Tensors.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_tower_may_come_from_a_folder_that_holds_a_whole_clip()
    {
        using var golden = Original();
        var tower = File("elsewhere");
        Directory.Move(Path.Combine(_folder, "tower"), tower);
        Assert.Contains("mm_vision_tower: 'tower' is not in this folder; give the tower's folder", Error(), StringComparison.Ordinal);
        var config = JsonNode.Parse(System.IO.File.ReadAllText(Path.Combine(tower, "config.json")))!;
        System.IO.File.WriteAllText(Path.Combine(tower, "config.json"), new JsonObject { ["model_type"] = "clip", ["vision_config"] = config }.ToJsonString());
        Dictionary<string, Tensor> tensors;
        using (var source = TensorSources.Open(tower))
        {
            tensors = source.Tensors.Keys.ToDictionary(n => n, n => source.Read(n));
        }

        (tensors["text_model.embeddings.position_ids"], tensors["logit_scale"], tensors["visual_projection.weight"]) = (zeros(1), zeros(1), zeros(2, 2));
        SafetensorsFile.Write(Path.Combine(tower, "model.safetensors"), tensors);
        using var model = (LlavaModel)ModelFolder.Load(_folder, new LoadOptions { TowerFolder = tower });
        using var scope = NewDisposeScope();
        golden.AssertClose("expected.image_features", model.ImageFeatures(golden["pixel_values"]));
    }

    [Theory]
    [InlineData("mm_vision_tower", "\"../tower\"", "mm_vision_tower: '../tower' is not in this folder")]
    [InlineData("mm_projector_type", "\"resampler\"", "mm_projector_type: 'resampler' is not supported")]
    [InlineData("mm_use_im_start_end", "true", "mm_use_im_start_end: true is not supported")]
    [InlineData("mm_patch_merge_type", "\"spatial_unpad\"", "mm_patch_merge_type: 'spatial_unpad' is not supported")]
    [InlineData("mm_vision_select_feature", "\"cls\"", "mm_vision_select_feature: 'cls' is not supported")]
    [InlineData("mm_vision_select_layer", "-9", "mm_vision_select_layer: -9 is outside a tower of 3 layers")]
    [InlineData("mm_hidden_size", "33", "mm_hidden_size: 33, but the tower's hidden_size is 32")]
    public void An_original_llava_that_is_not_supported_is_one_clear_error(string key, string value, string expected)
    {
        using var golden = Original();
        if (key == "mm_vision_tower")
        {
            Directory.Move(Path.Combine(_folder, "tower"), Path.Combine(Path.GetDirectoryName(_folder)!, "tower-" + Path.GetFileName(_folder)));
        }

        try
        {
            EditConfig(json => json[key] = JsonNode.Parse(value));
            Assert.Contains(expected, Error(), StringComparison.Ordinal);
        }
        finally
        {
            if (key == "mm_vision_tower")
            {
                Directory.Delete(Path.Combine(Path.GetDirectoryName(_folder)!, "tower-" + Path.GetFileName(_folder)), recursive: true);
            }
        }
    }

    [Fact]
    public void Several_feature_layers_stand_side_by_side()
    {
        using var scope = NewDisposeScope();
        using var start = ModelPresets.Create("tiny-llava", Vocabulary, 5, Loud);
        ModelFolder.Save(start, _folder);
        EditConfig(json => json["vision_feature_layer"] = new JsonArray(0, -1));
        Assert.Contains("linear_1.weight is [64, 64], expected [64, 128]", Error(), StringComparison.Ordinal);
        var tensors = start.Parameters.All.ToDictionary();
        var first = tensors["model.multi_modal_projector.linear_1.weight"];
        tensors["model.multi_modal_projector.linear_1.weight"] = cat([first, first * 2], 1);
        SafetensorsFile.Write(File("model.safetensors"), tensors);
        using var model = (LlavaModel)ModelFolder.Load(_folder);
        var pixels = randn(2, 3, 30, 30);
        var states = ((VisionTower)model.Tower).HiddenStates(pixels);
        AssertClose(model.TowerFeatures(pixels), cat([states[0].narrow(1, 1, 9), states[2].narrow(1, 1, 9)], -1));
        Assert.Equal([2, 9, 64], model.ImageFeatures(pixels).shape);
    }

    [Fact]
    public void A_model_is_saved_in_shards_and_is_the_same_model()
    {
        using var model = ModelPresets.Create("tiny-llava", Vocabulary, 5, Loud);
        Assert.NotEqual(Hash(model, long.MaxValue), Hash(model, 100_000));
        Assert.True(System.IO.File.Exists(File("model.safetensors.index.json")));
        Assert.True(ModelFolder.WeightFiles(_folder).Count > 3);
        using var loaded = ModelFolder.Load(_folder);
        foreach (var (name, tensor) in model.Parameters.All)
        {
            Assert.Equal(Golden.Floats(tensor), Golden.Floats(loaded.Parameters[name]));
        }
    }

    [Theory]
    [InlineData("models/openqwen2vl/pool_4_to_2", "config.json, llm/config.json, tower/config.json, checkpoints/latest-checkpoint.pt, tower/model.safetensors")]
    [InlineData("models/llava/llama_clip/original_llava_bin",
        "config.json, tower/config.json, pytorch_model-00001-of-00002.bin, pytorch_model-00002-of-00002.bin, tower/model.safetensors")]
    [InlineData("models/decoder/llama_mha", "config.json, model.safetensors")]
    public void All_files_that_decide_what_a_model_computes_are_known(string path, string files)
    {
        var folder = TestData.Find("fixtures/" + path);
        Assert.Equal(files, string.Join(", ", ModelFolder.Files(folder).Select(f => Path.GetRelativePath(folder, f))));
    }

    private string Hash(DecoderModel model, long shardBytes)
    {
        ModelFolder.Save(model, _folder, shardBytes);
        return ModelFolder.WeightsHash(_folder);
    }

    private string File(string name) => Path.Combine(_folder, name);

    private string Error() => Assert.Throws<InvalidInputException>(() => ModelFolder.Load(_folder)).Message;

    private void EditConfig(Action<JsonNode> edit)
    {
        var json = JsonNode.Parse(System.IO.File.ReadAllText(File("config.json")))!;
        edit(json);
        System.IO.File.WriteAllText(File("config.json"), json.ToJsonString());
    }

    /// <summary>Copies the original layout of a fixture, to be changed.</summary>
    private Golden Original()
    {
        var golden = new Golden("llava/llama_clip");
        var source = Path.Combine(golden.Folder, "original_llava_bin");
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var target = File(Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            System.IO.File.Copy(file, target);
        }

        return golden;
    }
}
