using Fovea.Core.Errors;
using Fovea.Models.Batching;
using Fovea.Models.Checkpoints;
using Fovea.Models.Configs;
using Fovea.Models.Initialisation;
using Fovea.Torch;
using Xunit;
using static Fovea.Tests.Models.TestModels;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

public sealed class ModelFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-models-").FullName;

    public ModelFolderTests() => TorchRuntime.Start(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(TestModels.Presets), MemberType = typeof(TestModels))]
    public void A_saved_model_is_the_same_model(string preset)
    {
        using var scope = NewDisposeScope();
        using var model = ModelPresets.Create(preset, Vocabulary, 5, Loud);
        ModelFolder.Save(model, _folder);
        var hash = ModelFolder.WeightsHash(_folder);
        using var loaded = ModelFolder.Load(_folder);
        Assert.Equal((model.Family, model.VocabSize, model.MaxLength), (loaded.Family, loaded.VocabSize, loaded.MaxLength));
        Assert.Equal(model.Parameters.Names, loaded.Parameters.Names);
        foreach (var (name, tensor) in model.Parameters.All)
        {
            Assert.Equal(Golden.Floats(tensor), Golden.Floats(loaded.Parameters[name]));
        }

        using var batch = Collator.Collate(model, [Make(model, 8, 1)]);
        Assert.Equal(Golden.Floats(model.Logits(batch)), Golden.Floats(loaded.Logits(batch)));
        ModelFolder.Save(loaded, _folder);
        Assert.Equal(hash, ModelFolder.WeightsHash(_folder));
    }

    [Fact]
    public void Tensors_that_do_not_fit_are_listed_in_one_error()
    {
        using var scope = NewDisposeScope();
        using var model = ModelPresets.Create("tiny-text-2", Vocabulary, 5);
        ModelFolder.Save(model, _folder);
        var tensors = model.Parameters.All.Where(p => p.Key != "model.norm.weight").ToDictionary();
        tensors["lm_head.weight"] = zeros(89, 64);
        tensors["model.extra"] = zeros(1);
        SafetensorsFile.Write(Path.Combine(_folder, "model.safetensors"), tensors);
        var message = Assert.Throws<InvalidInputException>(() => ModelFolder.Load(_folder)).Message;
        foreach (var part in new[] { "3 tensors", "missing model.norm.weight [64]", "lm_head.weight is [89, 64], expected [90, 64]", "unexpected model.extra" })
        {
            Assert.Contains(part, message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("""{"model_type":"gpt2"}""", "model_type: 'gpt2' is not supported")]
    [InlineData("""{"vocab_size":5}""", "model_type: missing")]
    [InlineData("""{"model_type":"llama","hidden_size":"big"}""", "hidden_size: expected a whole number from 1 to 4194304, got a text (\"big\")")]
    [InlineData("""{"model_type":"llama","num_attention_heads":0}""", "num_attention_heads: expected")]
    [InlineData("""{"model_type":"llama","num_attention_heads":4,"num_key_value_heads":3}""", "num_key_value_heads: 3 does not divide")]
    [InlineData("""{"model_type":"llama","rope_scaling":{"rope_type":"yarn"}}""", "rope_scaling.rope_type: 'yarn' is not supported")]
    [InlineData("""{"model_type":"llama","rope_scaling":{"type":"dynamic","factor":2}}""", "rope_scaling.rope_type: 'dynamic' is not supported")]
    [InlineData("""{"model_type":"llama","rope_parameters":{"full_attention":{"rope_theta":1}}}""",
        "rope_parameters.full_attention: rotary parameters that differ")]
    [InlineData("""{"model_type":"qwen2","rope_scaling":{"type":"default","mrope_section":[1,2]}}""", "rope_scaling.mrope_section: is not supported")]
    [InlineData("""{"model_type":"llama","partial_rotary_factor":0.5}""", "partial_rotary_factor: 0.5 is not supported")]
    [InlineData("""{"model_type":"llama","quantization_config":{"bits":4}}""", "quantization_config: quantised weights are not supported")]
    [InlineData("""{"model_type":"llama","hidden_act":"gelu"}""", "hidden_act: 'gelu' is not supported")]
    [InlineData("""{"model_type":"llama","num_hidden_layers":2000000000}""", "num_hidden_layers: expected a whole number from 1 to 1024")]
    [InlineData("""{"model_type":"llama","head_dim":4194304,"num_attention_heads":4194304}""", "expected a product of at most")]
    [InlineData("""{"model_type":"qwen2","use_sliding_window":true,"num_hidden_layers":2,"layer_types":["sliding_attention","full_attention"]}""",
        "layer_types: expected")]
    [InlineData("""{"model_type":"llava","text_config":{},"vision_config":{"hidden_act":"swish2"}}""", "hidden_act: 'swish2' is not supported")]
    [InlineData("""{"model_type":"llava","text_config":{},"vision_config":{},"projector_hidden_act":"tanh"}""",
        "projector_hidden_act: 'tanh' is not supported")]
    [InlineData("""{"model":{"arch_specifier":"x"}}""", "model.llm_backbone_id: '' is not in this folder")]
    [InlineData("""{"model_type":"llava"}""", "text_config: missing")]
    [InlineData("""{"model_type":"llava","text_config":{},"vision_config":{},"vision_feature_layer":-14}""", "vision_feature_layer: -14 is outside")]
    [InlineData("""{"model_type":"mistral","vision_patch_size":8}""", "no vision_token_ids")]
    [InlineData("""[]""", "expected an object")]
    [InlineData("""{""", "not valid JSON")]
    public void A_configuration_that_is_not_supported_is_one_clear_error(string config, string expected)
    {
        File.WriteAllText(Path.Combine(_folder, "config.json"), config);
        Assert.Contains(expected, Assert.Throws<InvalidInputException>(() => ModelFolder.Load(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ids_of_solo_come_from_the_tokenizer_where_the_configuration_is_silent()
    {
        File.WriteAllText(Path.Combine(_folder, "config.json"), """{"model_type":"mistral","vision_patch_size":8}""");
        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"),
            """{"added_tokens":[{"id":9,"content":"<vision>"},{"id":8,"content":"<vpatch>"},{"id":7,"content":"<vrow_sep>"},{"id":6,"content":"</vision>"}]}""");
        Assert.Equal(new VisionTokenIds(9, 8, 7, 6), SoloConfig.Read(Path.Combine(_folder, "config.json")).TokenIds);
    }

    [Fact]
    public void Ids_of_solo_in_the_configuration_are_no_foreign_key_where_others_are_given()
    {
        File.WriteAllText(Path.Combine(_folder, "config.json"),
            """{"model_type":"mistral","vision_patch_size":8,"vision_token_ids":{"vision":1,"vpatch":2,"vrow_sep":3,"vision_end":4}}""");
        var given = new VisionTokenIds(9, 8, 7, 6);
        Assert.Equal(given, SoloConfig.Read(Path.Combine(_folder, "config.json"), given).TokenIds);
    }
}
