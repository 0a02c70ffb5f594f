using Fovea.Data.Images;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;

namespace Fovea.Verification.Images;

/// <summary>A picture through an image processor: the 8-bit picture before rescaling, and the pixel values.</summary>
internal static class ProcessorCase
{
    public static void Run(ImageFixture fixture, CheckList checks)
    {
        var processor = fixture.Processor();
        checks.Attempt("image", () => Compare(fixture, checks, processor, fixture.InputPath, fixture.Tolerance, ""));
        if (fixture.Json.Try("exact_input") is { } exact)
        {
            checks.Attempt("image.exact_input",
                () => Compare(fixture, checks, processor, fixture.File(exact.Text("file")), exact.Need("tolerance"), ".exact_input"));
        }
    }

    private static void Compare(ImageFixture fixture, CheckList checks, ImageProcessor processor, string input, JsonElement tolerance, string suffix)
    {
        var expected = fixture.Expected;
        var classic = expected.Try("image_horizontal_first"); // the rule here; see the fixtures
        var image = WithSample(classic ?? expected.Need("image"), expected, classic is null ? "image_every_97" : "image_horizontal_first_every_97");
        var levels = tolerance.Number("image_max_abs");
        var prepared = processor.Prepare(ImageFile.Decode(input));
        var size = expected.Need("image").Ints("size");
        checks.Measure("size" + suffix, () => Difference.Exact<int>(size, [prepared.Width, prepared.Height]));
        checks.Measure("image" + suffix, () => fixture.Compare(prepared, image, levels));
        if (tolerance.Try("image_mean_abs") is not null)
        {
            checks.Measure("image.mean" + suffix, () => fixture.CompareMean(prepared, image, tolerance.Number("image_mean_abs")));
        }

        // Pixel values are of the picture with the other order of passes where there are two: then of the reference's own.
        var allowed = levels > 0 ? levels / 255 / processor.Config.Std.Min() : 0;
        checks.Measure("pixel_values" + suffix, () =>
        {
            if (classic is not null && expected.Need("image").Try("png") is null)
            {
                return Values(fixture, processor, prepared, double.PositiveInfinity) with { Largest = 0, Allowed = 0 };
            }

            var source = classic is null ? prepared : ImageFile.Decode(fixture.File(expected.Need("image").Text("png")));
            return Values(fixture, processor, source, (classic is null ? allowed : 0) + (tolerance.Try("pixel_values_max_abs")?.GetDouble() ?? 1e-6));
        });
    }

    private static Difference Values(ImageFixture fixture, ImageProcessor processor, RgbImage prepared, double tolerance)
    {
        var tensors = fixture.Expected.Need("tensors");
        var names = tensors.List("names").Select(n => n.GetString()).ToList();
        var plain = new ImageProcessor(processor.Config with { ShortestEdge = null, ResizeTo = null, PatchSize = null, Crop = null, PadToSquare = false });
        var values = processor.Normalize(plain.Rescale(prepared));
        var ours = processor.Config.PatchSize is { } patch ? Patches(values, patch) : values.Values;
        var full = names.Contains("pixel_values");
        var reference = fixture.Floats(tensors.Text("file"), full ? "pixel_values" : "pixel_values_every_97");
        ours = full ? ours : ImageFixture.Every97(ours);
        return reference.Length == ours.Length
            ? new Tolerance(tolerance, 0).Worst(ours.Length, i => ours[i], i => reference[i], i => $"value {i}")
            : throw new ReferenceException($"{ours.Length} pixel values, expected {reference.Length}");
    }

    /// <summary>[3, height, width] as [patches, 3 * patch * patch].</summary>
    private static float[] Patches(PixelValues v, int patch)
    {
        var result = new List<float>(v.Values.Length);
        for (var top = 0; top < v.Height; top += patch)
        {
            for (var left = 0; left < v.Width; left += patch)
            {
                for (var line = 0; line < 3 * patch; line++)
                {
                    result.AddRange(v.Values.AsSpan((((line / patch) * v.Height) + top + (line % patch)) * v.Width + left, patch));
                }
            }
        }

        return [.. result];
    }

    // A photograph's own picture is not stored, only every 97th value, in the case's tensors.
    private static JsonElement WithSample(JsonElement image, JsonElement expected, string tensor)
    {
        if (image.Try("png") is not null)
        {
            return image;
        }

        var json = System.Text.Json.Nodes.JsonNode.Parse(image.GetRawText())!.AsObject();
        json["sample"] = new System.Text.Json.Nodes.JsonObject { ["file"] = expected.Need("tensors").Text("file"), ["tensor"] = tensor };
        return JsonDocument.Parse(json.ToJsonString()).RootElement;
    }
}
