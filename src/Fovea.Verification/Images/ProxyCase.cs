using Fovea.Core.Randomness;
using Fovea.Data.Images;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;

namespace Fovea.Verification.Images;

/// <summary>Constant and random stand-ins for a picture: their colour in [0, 1] and after normalising, or their moments.</summary>
internal static class ProxyCase
{
    public static void Run(ImageFixture fixture, CheckList checks)
    {
        var (expected, processor, name) = (fixture.Expected, fixture.Processor(), fixture.Json.Text("name"));
        if (name.EndsWith("_noise", StringComparison.Ordinal))
        {
            Moments(fixture, checks);
            return;
        }

        var colour = Colour(fixture, processor, name);
        var tolerance = new Tolerance(fixture.Tolerance.Number("max_abs"), 0);
        checks.Measure("unit", () => Difference.Numbers(expected.Numbers("unit"), colour, tolerance));
        checks.Measure("normalised", () => Difference.Numbers(
            expected.Numbers("normalised"),
            [.. processor.Normalize(new PixelValues(3, 1, 1, [.. colour.Select(c => (float)c)])).Values.Select(v => (double)v)], tolerance));
    }

    private static double[] Colour(ImageFixture fixture, ImageProcessor processor, string name)
    {
        if (name.EndsWith("_processor_mean", StringComparison.Ordinal))
        {
            return [.. processor.Config.Mean];
        }

        if (name.EndsWith("_image_mean", StringComparison.Ordinal))
        {
            var pixels = ImageFile.Decode(fixture.InputPath).Pixels;
            return [.. Enumerable.Range(0, 3).Select(c => pixels.Where((_, i) => i % 3 == c).Average(v => v / 255.0))];
        }

        if (name.EndsWith("_black", StringComparison.Ordinal))
        {
            return [0, 0, 0];
        }

        return name.EndsWith("_pad_colour", StringComparison.Ordinal)
            ? [.. processor.Config.Mean.Select(m => Math.Floor(255 * m) / 255)]
            : throw new ReferenceException($"\"{name}\" names no proxy; known are processor_mean, image_mean, black, pad_colour and noise");
    }

    // The draws that a scorer takes: independent standard normal values after normalising.
    private static void Moments(ImageFixture fixture, CheckList checks)
    {
        var random = new RandomSource(0, "score/noise/verify");
        var values = Enumerable.Range(0, fixture.Expected.Int("elements")).Select(_ => (float)random.NextGaussian()).ToArray();
        var mean = values.Average(v => (double)v);
        checks.Measure("mean", () => new Difference(Math.Abs(mean - fixture.Expected.Number("normalised_mean")), fixture.Tolerance.Number("mean_max_abs")));
        checks.Measure("std", () => new Difference(
            Math.Abs(Math.Sqrt(values.Average(v => (v - mean) * (v - mean))) - fixture.Expected.Number("normalised_std")),
                fixture.Tolerance.Number("std_max_abs")));
    }
}
