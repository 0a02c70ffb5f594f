using Fovea.Models.Checkpoints;
using Fovea.Models.Families;
using Fovea.Torch;
using Xunit;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

/// <summary>The same tensors under the names of every layout give Transformers' numbers in float32; tolerances are the fixtures'.</summary>
public sealed class LayoutParityTests
{
    public LayoutParityTests() => TorchRuntime.Start(1);

    public static TheoryData<string, string> Layouts => new()
    {
        { "llama_clip", "transformers450_sharded" }, { "llama_clip", "transformers452" }, { "llama_clip", "transformers5" },
            { "llama_clip", "original_llava_bin" },
        { "llama_clip_full", "transformers450_sharded" }, { "llama_clip_full", "transformers5" },
        { "llama_siglip", "transformers452" }, { "llama_siglip", "transformers5" },
        { "mistral_clip", "transformers452" }, { "mistral_clip", "transformers5" },
        { "mistral_siglip_window", "transformers452" }, { "mistral_siglip_window", "transformers5" },
        { "qwen2_clip", "transformers452" }, { "qwen2_clip", "transformers5" },
        { "qwen2_siglip_last", "transformers452" }, { "qwen2_siglip_last", "transformers5" },
    };

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Every_layout_of_llava_gives_the_same_features_losses_and_gradients(string name, string layout)
    {
        using var golden = new Golden("llava/" + name);
        using var model = Load(golden, layout);
        using (NewDisposeScope())
        {
            golden.AssertClose("expected.image_features", model.ImageFeatures(golden["pixel_values"]));
            golden.AssertClose("expected.logits", VisionParityTests.LogitsEverywhere(model, golden, "pixel_values"), golden["attention_mask"]);
        }

        golden.AssertLossesAndGradients(model, () => VisionParityTests.LogitsEverywhere(model, golden, "pixel_values"));
    }

    [Theory]
    [InlineData("pool_4_to_2")]
    [InlineData("pool_5_to_3")]
    public void Open_qwen2vl_pools_and_predicts_as_its_definition(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("openqwen2vl/" + name);
        var options = new LoadOptions { ImageTokenId = golden.Case.GetProperty("image_token").GetInt32() };
        using var model = (LlavaModel)ModelFolder.Load(golden.Folder, options);
        var features = model.TowerFeatures(golden["pixel_values"]);
        golden.AssertClose("expected.tower", features);
        golden.AssertClose("expected.pooled", LlavaModel.Pool(features, golden.Case.GetProperty("queries_per_side").GetInt32()));
        golden.AssertClose("expected.image_features", model.ImageFeatures(golden["pixel_values"]));
        golden.AssertClose("expected.logits", VisionParityTests.LogitsEverywhere(model, golden, "pixel_values"));
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void A_loaded_llava_is_saved_with_the_names_shapes_and_types_it_had(string name, string layout)
    {
        using var golden = new Golden("llava/" + name);
        AssertRoundTrip(Path.Combine(golden.Folder, layout), new LoadOptions { ImageTokenId = golden.Case.GetProperty("image_token").GetInt32() });
    }

    [Theory]
    [InlineData("decoder/qwen2_tied")]
    [InlineData("decoder/llama_rope_llama3")]
    [InlineData("openqwen2vl/pool_4_to_2")]
    public void A_loaded_model_is_saved_with_the_names_shapes_and_types_it_had(string name) =>
        AssertRoundTrip(TestData.Find("fixtures/models/" + name), new LoadOptions());

    private static LlavaModel Load(Golden golden, string layout) => (LlavaModel)ModelFolder.Load(
        Path.Combine(golden.Folder, layout), new LoadOptions { ImageTokenId = golden.Case.GetProperty("image_token").GetInt32() });

    private static void AssertRoundTrip(string folder, LoadOptions options)
    {
        var copy = Directory.CreateTempSubdirectory("fovea-copy-").FullName;
        try
        {
            using var model = ModelFolder.Load(folder, options);
            ModelFolder.Save(model, copy);
            using var again = ModelFolder.Load(copy, options);
            Assert.Equal(model.Parameters.Names, again.Parameters.Names);
            foreach (var (parameter, tensor) in model.Parameters.All)
            {
                Assert.Equal(Golden.Floats(tensor), Golden.Floats(again.Parameters[parameter]));
            }

            Assert.Equal(Stored(folder, options), Stored(copy, options));
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    private static List<string> Stored(string folder, LoadOptions options)
    {
        using var plan = ModelLayouts.Open(folder, options);
        return [.. plan.Parts.SelectMany(p => p.Source.Tensors.Values)
            .Select(t => $"{t.Name} {t.Type} [{string.Join(", ", t.Shape)}]").Order(StringComparer.Ordinal)];
    }
}
