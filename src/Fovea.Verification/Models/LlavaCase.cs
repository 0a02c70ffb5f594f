using Fovea.Models.Batching;
using Fovea.Models.Checkpoints;
using Fovea.Models.Families;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;
using static TorchSharp.torch;

namespace Fovea.Verification.Models;

/// <summary>
/// LLaVA in each of the layouts that its weights are stored in: image features and logits of every layout; losses, gradients, generation, decoding methods and
/// attention of the first.
/// </summary>
internal static class LlavaCase
{
    public static void Run(FixtureFolder fixture, CheckList checks)
    {
        var layouts = fixture.Json.List("layouts").Select(l => l.GetString() ?? "").ToList();
        if (layouts.Count == 0)
        {
            throw new ReferenceException("\"layouts\" names none");
        }

        for (var i = 0; i < layouts.Count; i++)
        {
            var (layout, whole) = (layouts[i], i == 0);
            checks.Attempt(layout, () =>
            {
                using var model = Load(fixture, layout);
                checks.Measure($"{layout}.image_features", () => ImageFeatures(fixture, model));
                checks.Measure($"{layout}.logits", () => Logits(fixture, model));
                if (whole)
                {
                    checks.Attempt("loss", () => WeightedArms.Run(fixture, checks, model, fixture.Tensor("input_ids", 2), fixture.Tensor("pixel_values", 4)));
                    checks.Attempt("generation", () => GenerationChecks.Run(fixture, checks, model, [Prompt(fixture)], 10));
                    Decoding(fixture, checks, model);
                }
            });
        }
    }

    private static void Decoding(FixtureFolder fixture, CheckList checks, LlavaModel model)
    {
        if (fixture.Json.Try("decoding") is not null)
        {
            checks.Attempt("decode", () => DecodingChecks.Run(fixture, checks, model));
        }

        if (fixture.Json.Try("attention_to_images_per_layer") is not null)
        {
            checks.Measure("attention_to_images_per_layer", () => DecodingChecks.Attention(fixture, model));
        }
    }

    private static LlavaModel Load(FixtureFolder fixture, string layout) =>
        ModelFolder.Load(fixture[layout], new LoadOptions { ImageTokenId = fixture.Json.Int("image_token") }) as LlavaModel
            ?? throw new ReferenceException($"{layout} holds no LLaVA");

    private static Difference ImageFeatures(FixtureFolder fixture, LlavaModel model)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return fixture.Tolerance.Compare(model.ImageFeatures(fixture.Tensor("pixel_values", 4)), fixture.Tensor("expected.image_features", 3));
    }

    private static Difference Logits(FixtureFolder fixture, LlavaModel model)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return fixture.Tolerance.Compare(
            ReferenceBatch.LogitsEverywhere(model, fixture.Tensor("input_ids", 2), fixture.Tensor("pixel_values", 4)),
            fixture.Tensor("expected.logits", 3), fixture.Tensor("attention_mask", 2));
    }

    private static ExpandedSample Prompt(FixtureFolder fixture)
    {
        using var scope = NewDisposeScope();
        var pixels = fixture.Tensor("pixel_values", 4);
        var images = fixture.Json.Ints("images_per_row") is [var first, ..] && first >= 0 && first <= pixels.shape[0]
            ? first
            : throw new ReferenceException($"\"images_per_row\" expects for each row how many of the {pixels.shape[0]} images are its own");
        return new ExpandedSample(fixture.Tensor("generate.input_ids", 2).Ints(), [],
            [.. Enumerable.Range(0, images).Select(i => TensorValues.Image(pixels[i]))]);
    }
}
