using Fovea.Models.Checkpoints;
using Fovea.Models.Configs;
using Fovea.Models.Families;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;
using static TorchSharp.torch;

namespace Fovea.Verification.Models;

/// <summary>SOLO: patches and image tokens from images, logits, losses, gradients.</summary>
internal static class SoloCase
{
    public static void Run(FixtureFolder fixture, CheckList checks)
    {
        var tokens = fixture.Json.Need("tokens");
        var ids = new VisionTokenIds(tokens.Int("vision"), tokens.Int("vpatch"), tokens.Int("vrow_sep"), tokens.Int("vision_end"));
        using var model = ModelFolder.Load(fixture.Path, new LoadOptions { VisionTokenIds = ids }) as SoloModel
            ?? throw new ReferenceException("the case's model is no SOLO");
        checks.Measure("patches", () => Patches(fixture, model));
        checks.Measure("image_tokens", () => ImageTokens(fixture, model));
        checks.Measure("logits", () => Logits(fixture, model));
        checks.Attempt("loss", () => WeightedArms.Run(fixture, checks, model, fixture.Tensor("input_ids", 2), fixture.Tensor("patches", 2)));
    }

    private static Difference Patches(FixtureFolder fixture, SoloModel model)
    {
        using var scope = NewDisposeScope();
        return fixture.Tolerance.Compare(model.PackPixels(Images(fixture)) ?? throw new ReferenceException("the case has no image"),
            fixture.Tensor("patches", 2));
    }

    private static Difference ImageTokens(FixtureFolder fixture, SoloModel model)
    {
        var rows = GenerationChecks.Rows(fixture.Tensor("input_ids", 2));
        var grids = Grids(fixture);
        var (images, expected, actual) = (new Queue<PixelValues>(Images(fixture)), new List<int>(), new List<int>());
        for (var row = 0; row < grids.Length; row++)
        {
            if (grids[row] is { Rows: > 0 })
            {
                var image = images.Dequeue();
                var span = model.ImageTokenIds(image.Height, image.Width);
                actual.AddRange(span);
                expected.AddRange(rows[row].Skip(1).Take(span.Length));
            }
        }

        return Difference.Exact<int>(expected, actual);
    }

    private static Difference Logits(FixtureFolder fixture, SoloModel model)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return fixture.Tolerance.Compare(
            ReferenceBatch.LogitsEverywhere(model, fixture.Tensor("input_ids", 2), model.PackPixels(Images(fixture))),
            fixture.Tensor("expected.logits", 3), fixture.Tensor("attention_mask", 2));
    }

    private static (int Rows, int Columns)[] Grids(FixtureFolder fixture) => fixture.Json.Ranges("grids");

    private static PixelValues[] Images(FixtureFolder fixture) =>
        [.. Enumerable.Range(0, Grids(fixture).Count(g => g.Rows > 0)).Select(i => TensorValues.Image(fixture.Tensor($"image.{i}", 3)))];
}
