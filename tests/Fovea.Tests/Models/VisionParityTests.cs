using Fovea.Core.Samples;
using Fovea.Models.Batching;
using Fovea.Models.Checkpoints;
using Fovea.Models.Configs;
using Fovea.Models.Decoders;
using Fovea.Models.Families;
using Fovea.Models.Generation;
using Fovea.Torch;
using Xunit;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

/// <summary>Parity of towers and whole vision-language models with Transformers in float32; tolerances are the fixtures'.</summary>
public sealed class VisionParityTests
{
    public VisionParityTests() => TorchRuntime.Start(1);

    [Theory]
    [InlineData("clip_gelu")]
    [InlineData("clip_quick_gelu")]
    [InlineData("siglip")]
    [InlineData("siglip_uneven")]
    public void Every_hidden_state_of_a_tower_agrees(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("tower/" + name);
        using var model = ModelFolder.LoadTower(golden.Folder);
        var output = model.Tower.Run(golden["pixel_values"]);
        Assert.Equal(model.Tower.Config.NumLayers + 1, output.HiddenStates.Count);
        for (var i = 0; i < output.HiddenStates.Count; i++)
        {
            golden.AssertClose($"expected.hidden.{i}", output.HiddenStates[i]);
            golden.AssertClose($"expected.hidden.{i}", model.Tower.Forward(golden["pixel_values"], i));
        }

        golden.AssertClose("expected.last_hidden_state", output.LastHiddenState);
        Assert.Equal(golden.Has("expected.pooler_output"), output.PoolerOutput is not null);
        golden.AssertClose("expected.pooler_output", output.PoolerOutput!);
    }

    public static TheoryData<string> LlavaCases =>
        ["llama_clip", "mistral_clip", "qwen2_clip", "llama_siglip", "qwen2_siglip_last", "mistral_siglip_window"];

    [Theory]
    [MemberData(nameof(LlavaCases))]
    public void Image_features_and_logits_of_llava_agree(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("llava/" + name);
        using var model = (LlavaModel)ModelFolder.Load(Path.Combine(golden.Folder, "transformers452"));
        golden.AssertClose("expected.image_features", model.ImageFeatures(golden["pixel_values"]));
        golden.AssertClose("expected.logits", LogitsEverywhere(model, golden, "pixel_values"), golden["attention_mask"]);
    }

    [Theory]
    [MemberData(nameof(LlavaCases))]
    public void Losses_and_gradients_of_llava_agree(string name)
    {
        using var golden = new Golden("llava/" + name);
        using var model = (LlavaModel)ModelFolder.Load(Path.Combine(golden.Folder, "transformers452"));
        golden.AssertLossesAndGradients(model, () => LogitsEverywhere(model, golden, "pixel_values"));
    }

    [Theory]
    [MemberData(nameof(LlavaCases))]
    public void Greedy_ids_of_llava_agree(string name)
    {
        using var golden = new Golden("llava/" + name);
        using var model = (LlavaModel)ModelFolder.Load(Path.Combine(golden.Folder, "transformers452"));
        var side = model.Config.Vision.ImageSize;
        var size = 3 * side * side;
        var numImages = golden.Case.GetProperty("images_per_row")[0].GetInt32();
        var pixels = Golden.Floats(golden["pixel_values"]);
        var images = Enumerable.Range(0, numImages).Select(i => new PixelValues(3, side, side, pixels[(i * size)..((i + 1) * size)])).ToArray();
        var prompt = new ExpandedSample(Array.ConvertAll(Golden.Longs(golden["generate.input_ids"]), i => (int)i), [], images);
        var expected = Golden.Longs(golden["generate.expected.greedy"]).Select(i => (int)i).TakeWhile(i => i != 2).ToArray();
        var other = new ExpandedSample([1, 7, 8], [], []);
        var generated = GreedyGenerator.Generate(model, [other, prompt], 10, 2, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(expected, generated[1]);
    }

    [Theory]
    [InlineData("llama_clip")]
    [InlineData("mistral_clip")]
    [InlineData("qwen2_siglip_last")]
    public void A_hook_that_raises_scores_of_image_tokens_gives_the_logits_of_pai(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("llava/" + name);
        using var model = (LlavaModel)ModelFolder.Load(Path.Combine(golden.Folder, "transformers452"));
        var ids = golden["decode.input_ids"];
        var output = model.Decoder.Forward(new DecoderInput
        {
            Embeddings = model.Embed(ids, golden["decode.pixel_values"]),
            LogitPositions = tensor(new[] { ids.shape[1] - 1 }),
            Hook = new Raised(ids.eq(model.Config.ImageTokenId).squeeze(0), 0.2f),
        });
        golden.AssertClose("decode.expected.pai_boosted_logits", output.Logits!);
    }

    [Fact]
    public void Patches_and_logits_of_solo_agree()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("solo/solo_small");
        using var model = Solo(golden);
        using var patches = model.PackPixels(Images(golden))!;
        Assert.Equal(Golden.Floats(golden["patches"]), Golden.Floats(patches));
        golden.AssertClose("expected.logits", LogitsEverywhere(model, golden, "patches"), golden["attention_mask"]);
    }

    [Fact]
    public void Image_tokens_of_solo_stand_as_the_paper_lays_them_out()
    {
        using var golden = new Golden("solo/solo_small");
        using var model = Solo(golden);
        var ids = Golden.Longs(golden["input_ids"]);
        var width = (int)golden["input_ids"].shape[1];
        var images = Images(golden);
        for (var row = 0; row < images.Length; row++)
        {
            var expected = model.ImageTokenIds(images[row].Height, images[row].Width);
            Assert.Equal(expected, ids.Skip((row * width) + 1).Take(expected.Length).Select(i => (int)i));
        }
    }

    [Fact]
    public void Losses_and_gradients_of_solo_agree()
    {
        using var golden = new Golden("solo/solo_small");
        using var model = Solo(golden);
        golden.AssertLossesAndGradients(model, () => LogitsEverywhere(model, golden, "patches"));
    }

    internal static Tensor LogitsEverywhere(DecoderModel model, Golden golden, string pixels)
    {
        var ids = golden["input_ids"];
        using var batch = new ModelBatch
        {
            InputIds = ids.alias(),
            PixelValues = golden[pixels].alias(),
            LogitPositions = Golden.Everywhere(ids),
            TargetIds = zeros(0, ScalarType.Int64),
            TargetOffsets = [0],
            NumTokens = 0,
        };
        return model.Logits(batch).view(ids.shape[0], ids.shape[1], -1);
    }

    private static SoloModel Solo(Golden golden)
    {
        int Id(string key) => golden.Case.GetProperty("tokens").GetProperty(key).GetInt32();
        return (SoloModel)ModelFolder.Load(golden.Folder,
            new LoadOptions { VisionTokenIds = new VisionTokenIds(Id("vision"), Id("vpatch"), Id("vrow_sep"), Id("vision_end")) });
    }

    private static PixelValues[] Images(Golden golden) =>
        [.. Enumerable.Range(0, 2).Select(i => golden[$"image.{i}"]).Select(t => new PixelValues(3, (int)t.shape[1], (int)t.shape[2], Golden.Floats(t)))];

    /// <summary>PAI (arXiv 2407.21771): the last query's scores of image keys become s + alpha * |s|.</summary>
    private sealed class Raised(Tensor isImage, float alpha) : IAttentionHook
    {
        public Tensor OnScores(int layer, Tensor scores)
        {
            var last = arange(scores.shape[2]).eq(scores.shape[2] - 1).unsqueeze(1); // [query, 1]
            return where(last.logical_and(isImage), scores + (alpha * scores.abs()), scores);
        }
    }
}
