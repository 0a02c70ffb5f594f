using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Data.Images;
using Xunit;

namespace Fovea.Tests.Data;

/// <summary>Pictures equal Pillow's and Transformers'. Tolerances are those of the fixtures, which say why.</summary>
public sealed class ImageGoldenTests
{
    private const string Folder = "fixtures/images/";

    [Fact]
    public void Files_decode_as_in_Pillow()
    {
        var cases = Cases("decode").Where(c => !c.GetProperty("expected").TryGetProperty("error", out _)).ToList();
        Assert.NotEmpty(cases);
        Assert.All(cases, c =>
        {
            var (image, expected) = (ImageFile.Decode(TestData.Find(Input(c))), c.GetProperty("expected"));
            Assert.Equal(expected.GetProperty("size").Ints(), new[] { image.Width, image.Height });
            if (c.GetProperty("tolerance").GetProperty("exact").GetBoolean())
            {
                Assert.Equal(expected.Text("rgb_sha256"), Hash(image.Pixels));
                return;
            }

            var (reference, ours) = expected.TryGetProperty("png", out var png)
                ? (ImageFile.Decode(TestData.Find(Folder + png.GetString())).Pixels, image.Pixels)
                : (Tensor(Folder + "decode/samples.safetensors", expected.GetProperty("sample").Text("tensor")), Every97(image.Pixels));
            Near(reference, ours, c.GetProperty("tolerance").GetProperty("max_abs").GetDouble(),
                c.GetProperty("tolerance").GetProperty("mean_abs").GetDouble());
        });
    }

    [Fact]
    public void Broken_files_are_one_error_that_names_the_file()
    {
        var cases = Cases("decode").Where(c => c.GetProperty("expected").TryGetProperty("error", out _)).ToList();
        Assert.NotEmpty(cases);
        Assert.All(cases, c =>
        {
            var path = TestData.Find(Input(c));
            Assert.StartsWith(path + ": ", Assert.Throws<InvalidInputException>(() => ImageFile.Decode(path)).Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Resizing_is_that_of_Pillow_bit_for_bit()
    {
        var cases = Cases("resize").ToList();
        Assert.NotEmpty(cases);
        Assert.All(cases, c =>
        {
            var expected = c.GetProperty("expected");
            var size = expected.GetProperty("size").Ints();
            var filter = Enum.Parse<ResizeFilter>(expected.Text("filter"), ignoreCase: true);
            var resized = PillowResize.Resize(ImageFile.Decode(TestData.Find(Input(c))), size[0], size[1], filter);
            Assert.Equal((expected.TryGetProperty("horizontal_first", out var classic) ? classic : expected).Text("rgb_sha256"), Hash(resized.Pixels));
        });
    }

    [Fact]
    public void A_window_of_a_resized_picture_is_a_part_of_it()
    {
        var image = ImageFile.Decode(TestData.Find(Folder + "inputs/rgb.png"));
        var (whole, window) = (PillowResize.Resize(image, 78, 56, ResizeFilter.Bicubic), new PixelWindow(11, 5, 40, 30));
        var part = PillowResize.Resize(image, 78, 56, ResizeFilter.Bicubic, window);
        for (var y = 0; y < window.Height; y++)
        {
            Assert.Equal(whole.Pixels.AsSpan(((y + 5) * 78 + 11) * 3, 120), part.Pixels.AsSpan(y * 120, 120));
        }
    }

    [Fact]
    public void Processors_prepare_pictures_as_in_Transformers()
    {
        var index = Fixture.Json(Folder + "index.json");
        var cases = Cases("processor").ToList();
        Assert.NotEmpty(cases);
        Assert.All(cases, c =>
        {
            var processor = Processor(index.GetProperty("processors").GetProperty(c.Text("processor")));
            var (expected, tolerance) = (c.GetProperty("expected"), c.GetProperty("tolerance"));
            var input = Input(c);
            if (c.TryGetProperty("exact_input", out var exact))
            {
                (input, tolerance) = (Folder + exact.Text("file"), exact.GetProperty("tolerance"));
            }

            var prepared = processor.Prepare(ImageFile.Decode(TestData.Find(input)));
            Assert.Equal(expected.GetProperty("image").GetProperty("size").Ints(), new[] { prepared.Width, prepared.Height });
            if (tolerance.GetProperty("image_max_abs").GetInt32() == 0)
            {
                var classic = expected.TryGetProperty("image_horizontal_first", out var other);
                Assert.Equal((classic ? other : expected.GetProperty("image")).Text("rgb_sha256"), Hash(prepared.Pixels));
                if (!classic)
                {
                    CheckValues(c, processor, prepared, tolerance.GetProperty("pixel_values_max_abs").GetDouble());
                }

                return;
            }

            CheckLossy(c, prepared, tolerance);
        });
    }

    [Fact]
    public void Blur_is_the_separable_Gaussian_of_the_definition()
    {
        var cases = Cases("blur").ToList();
        Assert.NotEmpty(cases);
        Assert.All(cases, c =>
        {
            var unit = new ImageProcessor(new ImageProcessorConfig()).Rescale(ImageFile.Decode(TestData.Find(Input(c))));
            var expected = c.GetProperty("expected");
            var sigma = expected.GetProperty("sigma").GetDouble();
            Assert.Equal(expected.GetProperty("kernel_size").Ints(),
                new[] { GaussianBlur.KernelSize(sigma, unit.Width), GaussianBlur.KernelSize(sigma, unit.Height) });
            var (file, ours) = (Folder + expected.GetProperty("tensors").Text("file"), GaussianBlur.Apply(unit, sigma).Values);
            var full = SafeTensors.Has(TestData.Find(file), "blurred");
            NearFloats(SafeTensors.Floats(TestData.Find(file), full ? "blurred" : "blurred_every_97"), full ? ours : Every97(ours), 1e-5);
        });
    }

    [Fact]
    public void Sizes_and_places_are_those_of_the_reference()
    {
        var cases = Fixture.Json(Folder + "geometry.json").GetProperty("cases");
        foreach (var row in cases.GetProperty("shortest_edge").EnumerateArray())
        {
            var (size, edge) = (row.GetProperty("size").Ints(), row.GetProperty("edge").GetInt32());
            var (width, height) = ImageGeometry.ShortestEdge(size[0], size[1], edge);
            Assert.Equal(row.GetProperty("resized").Ints(), new[] { width, height });
        }

        foreach (var row in cases.GetProperty("center_crop").EnumerateArray())
        {
            var (size, crop) = (row.GetProperty("size").Ints(), row.GetProperty("crop").GetInt32());
            Assert.Equal(new[] { row.GetProperty("left").GetInt32(), row.GetProperty("top").GetInt32() },
                new[] { ImageGeometry.Middle(size[0], crop), ImageGeometry.Middle(size[1], crop) });
        }

        foreach (var row in cases.GetProperty("solo").EnumerateArray().Where(r => !r.TryGetProperty("note", out _)))
        {
            var size = row.GetProperty("size").Ints();
            var (width, height) = ImageGeometry.Solo(size[0], size[1], row.GetProperty("patch").GetInt32(), row.GetProperty("longest").GetInt32());
            Assert.Equal(row.GetProperty("resized").Ints(), new[] { width, height });
        }
    }

    private static void CheckValues(JsonElement c, ImageProcessor processor, RgbImage prepared, double tolerance)
    {
        var (tensors, values) = (c.GetProperty("expected").GetProperty("tensors"), processor.Normalize(new ImageProcessor(processor.Config with
        { ShortestEdge = null, ResizeTo = null, PatchSize = null, Crop = null, PadToSquare = false }).Rescale(prepared)));
        var ours = processor.Config.PatchSize is { } patch ? Patches(values, patch) : values.Values;
        var names = tensors.GetProperty("names").EnumerateArray().Select(n => n.GetString()!).ToList();
        var full = names.Contains("pixel_values");
        NearFloats(SafeTensors.Floats(TestData.Find(Folder + tensors.Text("file")), full ? "pixel_values" : "pixel_values_every_97"),
            full ? ours : Every97(ours), tolerance);
    }

    private static void CheckLossy(JsonElement c, RgbImage prepared, JsonElement tolerance)
    {
        var expected = c.GetProperty("expected");
        var classic = expected.TryGetProperty("image_horizontal_first", out var other);
        var image = classic ? other : expected.GetProperty("image");
        var (reference, ours) = image.TryGetProperty("png", out var png)
            ? (ImageFile.Decode(TestData.Find(Folder + png.GetString())).Pixels, prepared.Pixels)
            : (Tensor(Folder + expected.GetProperty("tensors").Text("file"), classic ? "image_horizontal_first_every_97" : "image_every_97"),
                Every97(prepared.Pixels));
        Near(reference, ours, tolerance.GetProperty("image_max_abs").GetDouble(), tolerance.GetProperty("image_mean_abs").GetDouble());
    }

    private static ImageProcessor Processor(JsonElement spec)
    {
        if (spec.Text("kind") == "solo")
        {
            return new ImageProcessor(ImageProcessorConfig.Solo(spec.GetProperty("patch").GetInt32(), spec.GetProperty("longest").GetInt32()));
        }

        var file = Path.GetTempFileName();
        try
        {
            var config = JsonNode.Parse(spec.GetProperty("config").GetRawText())!.AsObject();
            if (spec.Text("kind") == "siglip" && !config.ContainsKey("image_processor_type"))
            {
                config["image_processor_type"] = "SiglipImageProcessor";
            }

            File.WriteAllText(file, config.ToJsonString());
            return new ImageProcessor(ImageProcessorConfig.Load(file) with { PadToSquare = spec.GetProperty("pad").GetBoolean() });
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>[3, height, width] as [patches, 3 * patch * patch].</summary>
    private static float[] Patches(PixelValues v, int patch)
    {
        var result = new List<float>();
        for (var top = 0; top < v.Height; top += patch)
        {
            for (var left = 0; left < v.Width; left += patch)
            {
                for (var c = 0; c < 3; c++)
                {
                    for (var y = top; y < top + patch; y++)
                    {
                        result.AddRange(v.Values.AsSpan((c * v.Height + y) * v.Width + left, patch));
                    }
                }
            }
        }

        return [.. result];
    }

    private static IEnumerable<JsonElement> Cases(string kind) =>
        Fixture.Json(Folder + "index.json").GetProperty("cases").EnumerateArray().Where(c => c.Text("kind") == kind);

    private static string Input(JsonElement c) =>
        c.GetProperty("input").TryGetProperty("file", out var own) ? Folder + own.GetString() : "data/" + c.GetProperty("input").Text("data");

    private static string Hash(byte[] pixels) => Convert.ToHexStringLower(SHA256.HashData(pixels));

    private static T[] Every97<T>(T[] values) => [.. values.Where((_, i) => i % 97 == 0)];

    private static byte[] Tensor(string relative, string name) => SafeTensors.Bytes(TestData.Find(relative), name);

    private static void Near(byte[] expected, byte[] actual, double largest, double mean)
    {
        Assert.Equal(expected.Length, actual.Length);
        var differences = expected.Zip(actual, (a, b) => Math.Abs(a - b)).ToList();
        Assert.InRange(differences.Max(), 0, largest);
        Assert.InRange(differences.Average(), 0, mean);
    }

    private static void NearFloats(float[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.InRange(expected.Zip(actual, (a, b) => Math.Abs((double)a - b)).Max(), 0, tolerance);
    }

    /// <summary>Just enough of the safetensors format for the fixtures.</summary>
    private static class SafeTensors
    {
        public static bool Has(string path, string name) => Header(File.ReadAllBytes(path)).TryGetProperty(name, out _);

        public static byte[] Bytes(string path, string name)
        {
            var file = File.ReadAllBytes(path);
            var offsets = Header(file).GetProperty(name).GetProperty("data_offsets").Ints();
            var data = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(file);
            return file[(data + offsets[0])..(data + offsets[1])];
        }

        public static float[] Floats(string path, string name) => MemoryMarshal.Cast<byte, float>(Bytes(path, name)).ToArray();

        private static JsonElement Header(byte[] file) => JsonDocument.Parse(file.AsMemory(8, (int)BinaryPrimitives.ReadInt64LittleEndian(file))).RootElement;
    }
}
