using Fovea.Data.Images;
using Fovea.Models.Checkpoints;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;

namespace Fovea.Verification.Images;

/// <summary>VIG's visionless picture: the Gaussian of the definition, axis by axis.</summary>
internal static class BlurCase
{
    public static void Run(ImageFixture fixture, CheckList checks)
    {
        var expected = fixture.Expected;
        var sigma = expected.Number("sigma");
        var unit = new ImageProcessor(new ImageProcessorConfig()).Rescale(ImageFile.Decode(fixture.InputPath));
        checks.Measure("kernel_size", () =>
            Difference.Exact<int>(expected.Ints("kernel_size"), [GaussianBlur.KernelSize(sigma, unit.Width), GaussianBlur.KernelSize(sigma, unit.Height)]));
        checks.Measure("blurred", () =>
        {
            var (file, ours) = (expected.Need("tensors").Text("file"), GaussianBlur.Apply(unit, sigma).Values);
            var full = SafetensorsFile.Open(fixture.File(file)).Entries.ContainsKey("blurred");
            var reference = fixture.Floats(file, full ? "blurred" : "blurred_every_97");
            ours = full ? ours : ImageFixture.Every97(ours);
            return reference.Length == ours.Length
                ? new Tolerance(fixture.Tolerance.Number("max_abs"), 0).Worst(ours.Length, i => ours[i], i => reference[i], i => $"value {i}")
                : throw new ReferenceException($"{ours.Length} values, expected {reference.Length}");
        });
    }
}
