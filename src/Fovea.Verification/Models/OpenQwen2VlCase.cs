using Fovea.Models.Checkpoints;
using Fovea.Models.Families;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;
using static TorchSharp.torch;

namespace Fovea.Verification.Models;

/// <summary>Open-Qwen2VL in Prismatic's layout: tower, pooling, projector, logits.</summary>
internal static class OpenQwen2VlCase
{
    public static void Run(FixtureFolder fixture, CheckList checks)
    {
        var options = new LoadOptions { ImageTokenId = fixture.Json.Int("image_token") };
        using var model = ModelFolder.Load(fixture.Path, options) as LlavaModel ?? throw new ReferenceException("the case's model is no Open-Qwen2VL");
        using var noGrad = no_grad();
        var pixels = fixture.Tensor("pixel_values", 4);
        var features = model.TowerFeatures(pixels);
        checks.Measure("tower", () => fixture.Tolerance.Compare(features, fixture.Tensor("expected.tower", 3)));
        checks.Measure("pooled",
            () => fixture.Tolerance.Compare(LlavaModel.Pool(features, fixture.Json.Int("queries_per_side")), fixture.Tensor("expected.pooled", 3)));
        checks.Measure("image_features", () => fixture.Tolerance.Compare(model.ImageFeatures(pixels), fixture.Tensor("expected.image_features", 3)));
        checks.Measure("logits", () => fixture.Tolerance.Compare(
            ReferenceBatch.LogitsEverywhere(model, fixture.Tensor("input_ids", 2), pixels), fixture.Tensor("expected.logits", 3)));
    }
}
