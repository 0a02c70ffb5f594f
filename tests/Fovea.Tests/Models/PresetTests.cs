using Fovea.Core.Errors;
using Fovea.Models.Batching;
using Fovea.Models.Initialisation;
using Fovea.Torch;
using Xunit;
using static Fovea.Tests.Models.TestModels;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

public sealed class PresetTests
{
    public PresetTests() => TorchRuntime.Start(1);

    [Theory]
    [InlineData("tiny-text-2", "tiny-llava")]
    [InlineData("tiny-text-4", "tiny-solo")]
    public void A_copied_decoder_predicts_text_as_its_source(string from, string to)
    {
        using var scope = NewDisposeScope();
        using var source = ModelPresets.Create(from, Vocabulary, 6, Loud);
        using var target = ModelPresets.Create(to, Vocabulary, 7, Loud);
        target.Parameters.SetTrainable(_ => true);
        using var batch = Collator.Collate(source, [Make(source, 9, 1)]);
        Assert.NotEqual(Golden.Floats(source.Logits(batch)), Golden.Floats(target.Logits(batch)));
        DecoderInitialisation.CopyDecoder(source, target);
        Assert.Equal(Golden.Floats(source.Logits(batch)), Golden.Floats(target.Logits(batch)));
        using var wrong = ModelPresets.Create(from, Vocabulary, 6, new PresetSizes { NumLayers = 3 });
        Assert.Contains("3 layers", Assert.Throws<FoveaException>(() => DecoderInitialisation.CopyDecoder(wrong, target)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Initial_weights_depend_on_seed_and_name_alone()
    {
        using var a = ModelPresets.Create("tiny-llava", Vocabulary, 1);
        using var b = ModelPresets.Create("tiny-llava", Vocabulary, 1);
        using var c = ModelPresets.Create("tiny-llava", Vocabulary, 2);
        const string Name = "model.language_model.layers.1.mlp.up_proj.weight";
        Assert.Equal(Golden.Floats(a.Parameters[Name]), Golden.Floats(b.Parameters[Name]));
        Assert.NotEqual(Golden.Floats(a.Parameters[Name]), Golden.Floats(c.Parameters[Name]));
    }

    [Theory]
    [InlineData("model.language_model.layers.1.mlp.up_proj.weight", 64)]
    [InlineData("model.language_model.layers.1.mlp.down_proj.weight", 172)]
    [InlineData("model.multi_modal_projector.linear_1.weight", 64)]
    [InlineData("model.vision_tower.vision_model.embeddings.patch_embedding.weight", 300)]
    public void Maps_start_by_their_fan_in(string name, int inputs)
    {
        using var model = ModelPresets.Create("tiny-llava", Vocabulary, 1);
        Assert.InRange(model.Parameters[name].std().item<float>() * Math.Sqrt(inputs), 0.95, 1.05); // of at least 4,096 draws
    }

    [Theory]
    [InlineData("model.language_model.embed_tokens.weight")]
    [InlineData("lm_head.weight")]
    public void Embeddings_and_head_start_small_so_that_a_new_model_predicts_every_token_alike(string name)
    {
        using var model = ModelPresets.Create("tiny-llava", Vocabulary, 1);
        Assert.InRange(model.Parameters[name].std().item<float>(), 0.019f, 0.021f);
    }

    [Fact]
    public void A_given_range_is_that_of_all_weights()
    {
        using var model = ModelPresets.Create("tiny-llava", Vocabulary, 1, new PresetSizes { InitializerRange = 0.3 });
        Assert.InRange(model.Parameters["model.multi_modal_projector.linear_1.weight"].std().item<float>(), 0.29f, 0.31f);
        Assert.InRange(model.Parameters["lm_head.weight"].std().item<float>(), 0.29f, 0.31f);
    }
}
