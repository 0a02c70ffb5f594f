using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Json;
using Fovea.Models.Adapters;
using Fovea.Models.Configs;
using Fovea.Models.Generation;
using FsCheck.Xunit;
using Xunit;
using static Fovea.Tests.Models.PublishedConfigs;

namespace Fovea.Tests.Models;

/// <summary>Each reader of a foreign configuration knows its keys: published files load, and a key that nobody knows stops it by name.</summary>
public sealed class ForeignConfigTests : IDisposable
{
    private static readonly VisionConfig Tower =
        new() { ImageSize = 336, PatchSize = 14, HiddenSize = 1024, IntermediateSize = 4096, NumLayers = 24, NumHeads = 16 };
    private static readonly DecoderConfig Text = new()
    {
        VocabSize = 10,
        HiddenSize = 8,
        IntermediateSize = 8,
        NumLayers = 1,
        NumHeads = 1,
        NumKeyValueHeads = 1,
        HeadDim = 8,
        MaxPositions = 8,
    };

    // Reader, a file that it reads, and the path of the object into which a key is put.
    private static readonly (Action<string> Read, string Json, string[] Path)[] Readers =
    [
        (f => DecoderConfig.Read(f), Llama2, []),
        (f => DecoderConfig.Read(f), Llama3, []),
        (f => DecoderConfig.Read(f), Llama3, ["rope_scaling"]),
        (f => DecoderConfig.Read(f), Vicuna, []),
        (f => DecoderConfig.Read(f), Mistral, []),
        (f => DecoderConfig.Read(f), Qwen25, []),
        (f => DecoderConfig.Read(f), Qwen25InTransformers5, []),
        (f => DecoderConfig.Read(f), Qwen25InTransformers5, ["rope_parameters"]),
        (f => SoloConfig.Read(f), Solo, []),
        (f => SoloConfig.Read(f), Solo, ["vision_token_ids"]),
        (f => LlavaConfig.Read(f), Llava15, []),
        (f => LlavaConfig.Read(f), Llava15, ["text_config"]),
        (f => LlavaConfig.Read(f), Llava15, ["vision_config"]),
        (f => ForeignJson.Read(f, json => LlavaConfig.ReadOriginal(json, Tower, null)), OriginalLlava15, []),
        (f => ForeignJson.Read(f, json => LlavaConfig.ReadOriginal(json, Tower, null)), ShareGpt4V, []),
        (f => ForeignJson.Read(f, json => LlavaConfig.ReadPrismatic(json, Text, Tower, null)), Prismatic, []),
        (f => VisionConfig.Read(f), Siglip, []),
        (f => VisionConfig.Read(f), Siglip, ["vision_config"]),
        (f => VisionConfig.Read(f), Clip, []),
        (f => VisionConfig.Read(f), Clip, ["vision_config"]),
        (f => VisionConfig.Read(f), Clip, ["vision_config_dict"]),
        (f => LoraConfig.Read(f), Peft6, []),
        (f => LoraConfig.Read(f), Peft18, []),
        (f => EndIds.Read(Path.GetDirectoryName(f)!),
            """{"_from_model_config": true, "bos_token_id": 1, "eos_token_id": 2, "temperature": 0.9, "top_p": 0.6, "transformers_version": "4.31.0"}""", []),
    ];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fovea-foreign-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Published_configurations_load()
    {
        foreach (var (read, json, _) in Readers)
        {
            read(Write(json));
        }
    }

    [Fact]
    public void Published_values_are_read_from_them()
    {
        var llama = DecoderConfig.Read(Write(Llama3));
        Assert.Equal(("llama3", 500000.0, 128001, 8), (llama.Rope.Type, llama.Rope.Theta, llama.EosId!.Value, llama.NumKeyValueHeads));
        Assert.Equal((2, (int?)null), (DecoderConfig.Read(Write(Qwen25)).NumKeyValueHeads, DecoderConfig.Read(Write(Qwen25)).SlidingWindow));
        Assert.Equal((24, 336), (VisionConfig.Read(Write(Clip)).NumLayers, VisionConfig.Read(Write(Clip)).ImageSize));
        Assert.Equal(256.0, LoraConfig.Read(Write(Peft6)).Alpha);
    }

    [Property]
    public void A_key_that_nobody_knows_is_refused_by_name(byte reader, byte key, byte value)
    {
        string[] keys = ["zoom", "use_zoom", "rope_zoom", "mm_zoom", "lora_zoom", "zoom_config"];
        string[] values = ["true", "false", "0", "1", "0.5", "\"x\"", "[1]", "{\"a\": 1}", "[[]]"];
        var (read, json, path) = Readers[reader % Readers.Length];
        var name = keys[key % keys.Length];
        AssertRefused(read, With(json, path, name, JsonNode.Parse(values[value % values.Length])), string.Join('.', [.. path, name]));
    }

    [Fact]
    public void Null_or_nothing_under_an_unknown_key_changes_nothing()
    {
        foreach (var (read, json, path) in Readers.Where(r => r.Path is not ["vision_config_dict"])) // which must say what vision_config says
        {
            read(Write(With(json, path, "zoom", null)));
            read(Write(With(json, path, "zoom", new JsonArray())));
        }
    }

    [Theory]
    [InlineData(Llama2, "quantization_config", """{"quant_method": "awq"}""", "quantised weights are not supported")]
    [InlineData(Llama2, "qk_layernorm", "true", "qk_layernorm: true is not supported; expected false")]
    [InlineData(Llama2, "partial_rotary_factor", "0.5", "partial_rotary_factor")]
    [InlineData(Llama2, "final_logit_softcapping", "30.0", "final_logit_softcapping")]
    [InlineData(Llama2, "hidden_size", "[5120, 1]", "hidden_size: expected a whole number")]
    [InlineData(Llama2, "rope_parameters", """{"rope_type": "yarn", "rope_theta": 1, "factor": 2}""", "rope_type")]
    [InlineData(Llama3, "rope_parameters", """{"rope_type": "default"}""", "rope_scaling: differs from rope_parameters")]
    [InlineData(Mistral, "attention_bias", "true", "attention_bias")]
    [InlineData(Qwen25, "layer_types", """["sliding_attention"]""", "layer_types")]
    [InlineData(Mistral, "num_key_value_heads", "5", "num_key_value_heads")]
    public void Values_that_would_change_the_arithmetic_are_refused_by_name(string json, string key, string value, string named) =>
        AssertRefused(f => DecoderConfig.Read(f), With(json, [], key, JsonNode.Parse(value)), named);

    [Theory]
    [InlineData("quantization_config", """{"quant_method": "bitsandbytes", "load_in_4bit": true}""", "quantised weights are not supported")]
    [InlineData("image_token_id", "7", "image_token_id: 7, but image_token_index is 32000")]
    [InlineData("image_grid_pinpoints", "[[336, 672]]", "image_grid_pinpoints")]
    [InlineData("mm_projector_type", "\"mlp2x_gelu\"", "mm_projector_type")]
    public void So_are_those_of_LLaVA(string key, string value, string named) =>
        AssertRefused(f => LlavaConfig.Read(f), With(Llava15, [], key, JsonNode.Parse(value)), named);

    [Fact]
    public void Quantised_parts_are_refused_wherever_the_configuration_speaks_of_them()
    {
        var quantised = new JsonObject { ["quant_method"] = "gptq" };
        AssertRefused(f => LlavaConfig.Read(f), With(Llava15, ["text_config"], "quantization_config", quantised),
            "text_config.quantization_config: quantised weights are not supported");
        AssertRefused(f => LlavaConfig.Read(f), With(Llava15, ["vision_config"], "quantization_config", quantised.DeepClone()),
            "vision_config.quantization_config: quantised");
    }

    [Theory]
    [InlineData("mm_patch_merge_type", "\"spatial_unpad\"", "mm_patch_merge_type")]
    [InlineData("image_aspect_ratio", "\"anyres\"", "image_aspect_ratio: \"anyres\" is not supported; expected \"pad\" or \"square\"")]
    [InlineData("mm_use_im_start_end", "true", "mm_use_im_start_end")]
    [InlineData("use_s2", "true", "use_s2")]
    public void And_those_of_its_original_code(string key, string value, string named) =>
        AssertRefused(f => ForeignJson.Read(f, j => LlavaConfig.ReadOriginal(j, Tower, null)), With(OriginalLlava15, [], key, JsonNode.Parse(value)), named);

    [Fact]
    public void A_tower_that_is_described_twice_and_differently_is_refused() =>
        AssertRefused(f => VisionConfig.Read(f), With(Clip, ["vision_config_dict"], "image_size", 224),
            "vision_config_dict.image_size: differs from vision_config");

    [Theory]
    [InlineData("llama")]
    [InlineData("mistral")]
    [InlineData("qwen2")]
    public void Null_means_as_many_key_and_value_heads_as_heads(string family)
    {
        var json = $$"""{"model_type": "{{family}}", "hidden_size": 32, "num_attention_heads": 16, "num_key_value_heads": null}""";
        Assert.Equal(16, DecoderConfig.Read(Write(json)).NumKeyValueHeads);
    }

    [Fact]
    public void Null_is_what_Transformers_takes_it_for()
    {
        var json = With(With(With(Llava15, [], "multimodal_projector_bias", null), ["text_config"], "tie_word_embeddings", null), [],
            "tie_word_embeddings", true);
        var config = LlavaConfig.Read(Write(json));
        Assert.Equal((false, false), (config.ProjectorBias, config.Text.TieWordEmbeddings));
        Assert.False(VisionConfig.Read(Write("""{"model_type": "siglip_vision_model", "vision_use_head": null}""")).HasPoolingHead);
        Assert.True(VisionConfig.Read(Write("""{"model_type": "siglip_vision_model"}""")).HasPoolingHead);
    }

    [Theory]
    [InlineData("init_lora_weights", "\"pissa\"")]
    [InlineData("init_lora_weights", "\"pissa_niter_16\"")]
    [InlineData("init_lora_weights", "\"olora\"")]
    [InlineData("init_lora_weights", "\"corda\"")]
    [InlineData("init_lora_weights", "\"loftq\"")]
    [InlineData("init_lora_weights", "\"lora_ga\"")]
    [InlineData("init_lora_weights", "5")]
    [InlineData("alora_invocation_tokens", "[29, 17]")]
    [InlineData("use_dora", "true")]
    [InlineData("use_qalora", "true")]
    [InlineData("lora_bias", "true")]
    [InlineData("bias", "\"lora_only\"")]
    [InlineData("rank_pattern", """{"q_proj": 8}""")]
    [InlineData("modules_to_save", """["lm_head"]""")]
    [InlineData("layers_to_transform", "[0]")]
    [InlineData("target_parameters", """["experts"]""")]
    [InlineData("megatron_config", """{"a": 1}""")]
    [InlineData("peft_type", "\"IA3\"")]
    public void An_adapter_that_is_more_than_low_rank_updates_is_refused_by_its_key(string key, string value) =>
        AssertRefused(f => LoraConfig.Read(f), With(Peft18, [], key, JsonNode.Parse(value)), key);

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    [InlineData("null")]
    [InlineData("\"gaussian\"")]
    [InlineData("\"orthogonal\"")]
    [InlineData("\"eva\"")]
    public void Beginnings_that_leave_the_base_weights_alone_load(string value) =>
        Assert.Equal(8, LoraConfig.Read(Write(With(Peft18, [], "init_lora_weights", JsonNode.Parse(value)))).Rank);

    [Fact]
    public void What_is_wrong_is_quoted_on_one_line_with_its_place_and_its_range()
    {
        AssertRefused(f => DecoderConfig.Read(f), "[]", "config.json: expected an object, got a list ([])");
        AssertRefused(f => DecoderConfig.Read(f), With(Llama2, [], "max_position_embeddings", 1_000_000_000_000),
            "max_position_embeddings: expected a whole number from 1 to 2147483647, got a number (1000000000000)");
        AssertRefused(f => DecoderConfig.Read(f), With(Llama2, [], "max_position_embeddings", 0),
            "max_position_embeddings: expected a whole number of at least 1, got a number (0)");
        AssertRefused(f => LoraConfig.Read(f), With(Peft18, [], "alora_invocation_tokens", "A")
            .Replace("\"A\"", "[\n   29,\n   17\n ]", StringComparison.Ordinal), "alora_invocation_tokens: [29,17] is not supported");
    }

    private void AssertRefused(Action<string> read, string json, string named)
    {
        var error = Assert.Throws<InvalidInputException>(() => read(Write(json)));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    private static string With(string json, string[] path, string key, JsonNode? value)
    {
        var root = JsonNode.Parse(json)!;
        path.Aggregate(root, (node, part) => node[part]!)[key] = value;
        return root.ToJsonString();
    }

    private string Write(string json)
    {
        // EndIds reads a folder; all others a file, whatever its name.
        var file = Path.Combine(_folder.FullName, "generation_config.json");
        File.WriteAllText(file, json);
        return file;
    }
}
