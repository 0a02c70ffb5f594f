using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Models.Adapters;
using Fovea.Models.Batching;
using Fovea.Models.Checkpoints;
using Fovea.Models.Decoders;
using Fovea.Models.Families;
using Fovea.Models.Initialisation;
using Fovea.Torch;
using Xunit;
using static Fovea.Tests.Models.TestModels;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

/// <summary>Low-rank adapters against PEFT: the training fixtures' start adapters, and what they predict on the first batch.</summary>
public sealed class LoraTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-lora-").FullName;

    public LoraTests() => TorchRuntime.Start(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("lora_decoder")]
    [InlineData("lora_vig")]
    public void An_adapter_of_peft_gives_its_logits_attached_and_merged(string name)
    {
        using var scope = NewDisposeScope();
        var folder = TestData.Find("fixtures/training/" + name);
        using var model = ModelFolder.Load(Path.Combine(folder, "model"));
        using var adapter = LoraAdapter.Load(Path.Combine(folder, "adapter"), model);
        using var expected = SafetensorsFile.Open(Path.Combine(folder, "adapter_logits.safetensors"));
        var before = Logits(model, folder);
        adapter.AttachTo(model);
        AssertClose(expected.Read("expected.logits"), Logits(model, folder));
        model.Detach();
        Assert.Equal(Golden.Floats(before), Golden.Floats(Logits(model, folder)));
        adapter.AttachTo(model);
        model.MergeAdapter();
        Assert.Empty(model.AdaptedModules);
        AssertClose(expected.Read("expected.logits"), Logits(model, folder));
    }

    [Theory]
    [InlineData("lora_decoder")]
    [InlineData("lora_vig")]
    public void An_adapter_is_saved_with_the_names_shapes_and_settings_of_peft(string name)
    {
        var folder = TestData.Find("fixtures/training/" + name);
        using var model = ModelFolder.Load(Path.Combine(folder, "model"));
        using var adapter = LoraAdapter.Load(Path.Combine(folder, "adapter"), model);
        adapter.Save(_folder, model);
        using var source = SafetensorsFile.Open(Path.Combine(folder, "adapter", "adapter_model.safetensors"));
        using var copy = SafetensorsFile.Open(Path.Combine(_folder, "adapter_model.safetensors"));
        Assert.Equal(source.Tensors.Keys.Order(StringComparer.Ordinal), copy.Tensors.Keys.Order(StringComparer.Ordinal));
        foreach (var (tensor, info) in source.Tensors)
        {
            Assert.Equal((info.Type, string.Join(' ', info.Shape)), (copy.Tensors[tensor].Type, string.Join(' ', copy.Tensors[tensor].Shape)));
            Assert.Equal(Golden.Floats(source.Read(tensor)), Golden.Floats(copy.Read(tensor)));
        }

        var (theirs, ours) = (Read(Path.Combine(folder, "adapter")), Read(_folder));
        foreach (var key in new[] { "peft_type", "r", "lora_alpha", "target_modules", "bias", "use_rslora" })
        {
            Assert.Equal(theirs[key]!.ToString(), ours[key]!.ToString());
        }
    }

    [Theory]
    [InlineData("tiny-llava", false)]
    [InlineData("tiny-solo", true)]
    [InlineData("small-llava", false)]
    public void A_new_adapter_changes_nothing_and_its_gradients_are_those_of_the_merged_weight(string preset, bool stabilized)
    {
        using var scope = NewDisposeScope();
        using var model = ModelPresets.Create(preset, Vocabulary, 5, preset == "small-llava" ? Wide : Loud);
        var config = new LoraConfig { Rank = 3, Alpha = 6, TargetModules = ["q_proj", "v_proj", "down_proj"], RankStabilized = stabilized };
        using var adapter = LoraAdapter.Create(model, config, 7);
        var ids = Row([1, 11, 12, 13, 14]);
        var plain = Forward(model, ids);
        adapter.AttachTo(model);
        Assert.Equal(Golden.Floats(plain), Golden.Floats(Forward(model, ids)));
        Assert.Equal(stabilized ? 6 / Math.Sqrt(3) : 2, config.Scale, 12);

        // B is zero, so dLoss/dB = scale * dLoss/dW A^T, whatever the path of the product.
        model.Parameters.SetTrainable(n => n.EndsWith("q_proj.weight", StringComparison.Ordinal));
        adapter.Parameters.SetTrainable(_ => true);
        Forward(model, ids).log_softmax(-1).select(1, 3).sum().backward();
        var module = adapter.Modules.First(m => m.EndsWith("language_model.layers.0.self_attn.q_proj", StringComparison.Ordinal)
            || m == "model.layers.0.self_attn.q_proj");
        var up = adapter.Parameters[$"base_model.model.{module}.lora_B.weight"];
        var down = adapter.Parameters[$"base_model.model.{module}.lora_A.weight"];
        AssertClose(up.grad!, model.Parameters[module + ".weight"].grad!.matmul(down.detach().t()) * config.Scale);
    }

    [Theory]
    [InlineData("tiny-llava")]
    [InlineData("small-llava")]
    public void Gradients_of_an_adapter_are_the_same_when_blocks_are_run_again(string preset)
    {
        using var scope = NewDisposeScope();
        using var model = ModelPresets.Create(preset, Vocabulary, 5, preset == "small-llava" ? Wide : Loud);
        using var adapter = LoraAdapter.Create(model, new LoraConfig { Rank = 2, Alpha = 4, TargetPattern = ".*language_model.*(q_proj|o_proj|up_proj)" }, 3);
        using (no_grad())
        {
            foreach (var (_, tensor) in adapter.Parameters.All)
            {
                tensor.normal_(0, 0.2);
            }
        }

        adapter.AttachTo(model);
        model.Parameters.SetTrainable(_ => false);
        adapter.Parameters.SetTrainable(_ => true);
        using var batch = Collator.Collate(model, [Make(model, 8, 1), Make(model, 5, 2)]);
        model.Hidden(batch).square().sum().backward();
        var expected = adapter.Parameters.All.ToDictionary(p => p.Key, p => p.Value.grad!.clone());
        adapter.Parameters.All.ToList().ForEach(p => p.Value.grad = null);
        using var recomputation = new Recomputation();
        model.Hidden(batch, recomputation).square().sum().backward();
        recomputation.Backward();
        foreach (var (name, tensor) in adapter.Parameters.All)
        {
            AssertClose(tensor.grad!, expected[name]);
        }
    }

    [Fact]
    public void An_adapter_of_the_original_llava_has_the_names_that_its_code_looks_for()
    {
        var folder = TestData.Find("fixtures/models/llava/llama_clip/original_llava_bin");
        using var model = ModelFolder.Load(folder);
        using var adapter = LoraAdapter.Create(model, new LoraConfig { Rank = 2, Alpha = 4, TargetPattern = ".*language_model.*q_proj" }, 3);
        adapter.Save(_folder, model);
        using (var source = TensorSources.Open(Path.Combine(_folder, "adapter_model.safetensors")))
        {
            Assert.Contains("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", source.Tensors.Keys);
        }

        using var again = LoraAdapter.Load(_folder, model);
        Assert.Equal(adapter.Parameters.Names, again.Parameters.Names);
    }

    [Theory]
    [InlineData("use_dora", "true", "use_dora: true is not supported; expected false")]
    [InlineData("bias", "\"all\"", "bias: 'all' is not supported")]
    [InlineData("peft_type", "\"IA3\"", "peft_type: 'IA3' is not supported")]
    [InlineData("modules_to_save", "[\"lm_head\"]", "modules_to_save: [\"lm_head\"] is not supported")]
    [InlineData("r", "5", "expected [5, 64]")]
    public void An_adapter_that_is_not_supported_is_one_clear_error(string key, string value, string expected)
    {
        using var model = ModelPresets.Create("tiny-text-2", Vocabulary, 5);
        using var adapter = LoraAdapter.Create(model, new LoraConfig { Rank = 2, Alpha = 4, TargetModules = ["q_proj"] }, 1);
        adapter.Save(_folder, model);
        var file = Path.Combine(_folder, "adapter_config.json");
        var json = Read(_folder);
        json[key] = JsonNode.Parse(value);
        File.WriteAllText(file, json.ToJsonString());
        Assert.Contains(expected, Assert.Throws<InvalidInputException>(() => LoraAdapter.Load(_folder, model)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_list_of_names_that_the_tower_has_too_leaves_the_tower_as_it_is(bool original)
    {
        using var model = original ? ModelFolder.Load(TestData.Find("fixtures/models/llava/llama_clip/original_llava_bin"))
            : ModelPresets.Create("tiny-llava", Vocabulary, 5, Loud);
        using var adapter = LoraAdapter.Create(model, new LoraConfig { Rank = 2, Alpha = 4, TargetPattern = ".*language_model.*(q_proj|v_proj)" }, 3);
        adapter.Save(_folder, model);
        SetTargets("q_proj", "v_proj");
        using var again = LoraAdapter.Load(_folder, model);
        Assert.Equal(adapter.Modules, again.Modules);

        SetTargets("q_proj", "v_proj", "k_proj"); // within the decoder, a map without its tensors is a torn file
        Assert.Contains("missing", Assert.Throws<InvalidInputException>(() => LoraAdapter.Load(_folder, model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_adapter_of_which_nothing_fits_stays_an_error()
    {
        using var model = ModelPresets.Create("tiny-llava", Vocabulary, 5, Loud);
        using var adapter = LoraAdapter.Create(model, new LoraConfig { Rank = 2, Alpha = 4, TargetModules = ["q_proj"] }, 3);
        adapter.Save(_folder, model);
        SafetensorsFile.Write(Path.Combine(_folder, "adapter_model.safetensors"),
            [KeyValuePair.Create("base_model.model.other.q_proj.lora_A.weight", zeros(2, 2))]);
        var message = Assert.Throws<InvalidInputException>(() => LoraAdapter.Load(_folder, model)).Message;
        Assert.Contains("unexpected base_model.model.other", message, StringComparison.Ordinal);
        Assert.Matches("tensors? do(es)? not fit the base model and adapter_config.json: ", message);
    }

    [Fact]
    public void Weights_in_the_older_file_load_and_what_lies_beside_them_is_not_passed_over()
    {
        using var model = ModelPresets.Create("tiny-text-2", Vocabulary, 5);
        using var adapter = LoraAdapter.Create(model, new LoraConfig { Rank = 2, Alpha = 4, TargetModules = ["q_proj"] }, 1);
        adapter.Save(_folder, model);
        File.Move(Path.Combine(_folder, "adapter_model.safetensors"), Path.Combine(_folder, "adapter_model.bin")); // the content decides its format
        Assert.EndsWith("adapter_model.bin", LoraAdapter.Files(_folder)[1], StringComparison.Ordinal);
        using (var again = LoraAdapter.Load(_folder, model))
        {
            Assert.Equal(adapter.Modules, again.Modules);
        }

        File.WriteAllBytes(Path.Combine(_folder, "non_lora_trainables.bin"), [1]);
        Assert.Contains("non_lora_trainables.bin", Assert.Throws<InvalidInputException>(() => LoraAdapter.Load(_folder, model)).Message,
            StringComparison.Ordinal);
        File.Delete(Path.Combine(_folder, "adapter_model.bin"));
        Assert.Contains("nor adapter_model.bin", Assert.Throws<InvalidInputException>(() => LoraAdapter.Files(_folder)).Message, StringComparison.Ordinal);
    }

    private void SetTargets(params string[] names)
    {
        var json = Read(_folder);
        json["target_modules"] = new JsonArray([.. names.Select(n => (JsonNode)n)]);
        File.WriteAllText(Path.Combine(_folder, "adapter_config.json"), json.ToJsonString());
    }

    private static JsonObject Read(string folder) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "adapter_config.json")))!.AsObject();

    private static Tensor Forward(DecoderModel model, Tensor ids) =>
        model.Decoder.Forward(new DecoderInput { InputIds = ids, LogitPositions = Golden.Everywhere(ids) }).Logits!.unsqueeze(0);

    private static Tensor Logits(DecoderModel model, string folder)
    {
        using var noGrad = no_grad();
        using var batches = SafetensorsFile.Open(Path.Combine(folder, "batches.safetensors"));
        var ids = batches.Read("0.input_ids");
        var mask = batches.Read("0.attention_mask");
        var pixels = batches.Tensors.ContainsKey("0.pixel_values") ? batches.Read("0.pixel_values") : null;
        var output = model.Decoder.Forward(new DecoderInput { Embeddings = model.Embed(ids, pixels), LogitPositions = Golden.Everywhere(ids) });
        return output.Logits!.view(ids.shape[0], ids.shape[1], -1) * mask.unsqueeze(-1);
    }
}
