using Fovea.Models.Batching;
using Fovea.Models.Families;
using Fovea.Models.Generation;
using Fovea.Models.Guidance;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;
using static TorchSharp.torch;

namespace Fovea.Verification.Models;

/// <summary>Distributions of the next token under decoding methods, their parts, and the attention that text gives to images.</summary>
internal static class DecodingChecks
{
    public static void Run(FixtureFolder fixture, CheckList checks, LlavaModel model)
    {
        using var scope = NewDisposeScope();
        var ids = fixture.Tensor("decode.input_ids", 2).Ints();
        var pixels = fixture.Tensor("decode.pixel_values", 4);
        PixelValues[] images = [.. Enumerable.Range(0, (int)pixels.shape[0]).Select(i => TensorValues.Image(pixels[i]))];
        var prompt = new ExpandedSample(ids, [], images);
        var (vcd, pai) = (fixture.Json.Need("decoding").Need("vcd"), fixture.Json.Need("decoding").Need("pai"));
        var noise = fixture.Tensor("decode.noise", 4);
        var contrast = new VcdMethod
        {
            Alpha = vcd.Number("alpha"),
            Beta = vcd.Number("beta"),
            Step = vcd.Int("noise_step"),
            Noise = image => noise[Array.IndexOf(images, image)].Floats(),
        };
        checks.Measure("decode.noised", () => Noised(fixture, images, noise, contrast.Step));
        checks.Measure("decode.logits", () => Scores(fixture, model, prompt, null, "logits"));
        checks.Measure("decode.logits_noised", () => Scores(fixture, model, contrast.Prepare(model, prompt, null).Contrast!, null, "logits_noised"));
        checks.Measure("decode.vcd", () => Scores(fixture, model, prompt, contrast, "vcd", distribution: true));
        var boost = new PaiMethod
        {
            Alpha = pai.Number("alpha"),
            Gamma = pai.Number("gamma"),
            Beta = pai.Number("cutoff"),
            FirstLayer = pai.Int("first_layer"),
            EndLayer = pai.Int("last_layer_exclusive"),
        };
        var text = boost.Prepare(model, prompt, null).Contrast!;
        checks.Measure("decode.pai_text", () => Difference.Exact<int>(fixture.Tensor("decode.text_input_ids", 2).Ints(), text.InputIds));
        checks.Measure("decode.pai_text_logits", () => Scores(fixture, model, text, null, "pai_text_logits"));
        checks.Measure("decode.pai_boosted_logits",
            () => Scores(fixture, model, prompt, new PaiMethod { Alpha = boost.Alpha, Gamma = 1, FirstLayer = boost.FirstLayer, EndLayer = boost.EndLayer },
                "pai_boosted_logits"));
        checks.Measure("decode.pai", () => Scores(fixture, model, prompt, boost, "pai", distribution: true));
    }

    /// <summary>The mean over all rows' queries behind their images, by layer.</summary>
    public static Difference Attention(FixtureFolder fixture, LlavaModel model)
    {
        using var scope = NewDisposeScope();
        var pixels = fixture.Tensor("pixel_values", 4);
        var (mass, queries, image) = (new double[model.Decoder.Config.NumLayers], 0, 0);
        var prompts = GenerationChecks.Prompts(fixture.Tensor("input_ids", 2), fixture.Tensor("attention_mask", 2));
        foreach (var (row, count) in fixture.Json.Ints("images_per_row").Index())
        {
            PixelValues[] own = [.. Enumerable.Range(image, count).Select(i => TensorValues.Image(pixels[i]))];
            var (sums, number) = ImageAttention.Of(model, prompts[row] with { Images = own });
            mass = [.. mass.Zip(sums, (a, b) => a + b)];
            (queries, image) = (queries + number, image + count);
        }

        var expected = fixture.Json.Numbers("attention_to_images_per_layer");
        return Difference.Numbers(expected, Array.ConvertAll(mass, m => m / queries), fixture.Tolerance);
    }

    private static Difference Noised(FixtureFolder fixture, PixelValues[] images, Tensor noise, int step)
    {
        float[] found = [.. images.SelectMany((image, i) => DiffusionNoise.Add(image, noise[i].Floats(), step).Values)];
        using var actual = tensor(found, noise.shape);
        return fixture.Tolerance.Compare(actual, fixture.Tensor("decode.expected.noised", 4));
    }

    private static Difference Scores(
        FixtureFolder fixture, LlavaModel model, ExpandedSample prompt, DecodingMethod? method, string expected, bool distribution = false)
    {
        using var scope = NewDisposeScope();
        var scores = TextGenerator.FirstScores(model, [prompt], new GenerationOptions { Method = method });
        return fixture.Tolerance.Compare(distribution ? scores.softmax(-1) : scores, fixture.Tensor("decode.expected." + expected, 2));
    }
}
