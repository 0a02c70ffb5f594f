using System.Security.Cryptography;
using Fovea.Data.Images;
using Fovea.Models.Checkpoints;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;

namespace Fovea.Verification.Images;

/// <summary>An image case: its entry in the index, and the files it names.</summary>
/// <param name="Folder">Of the index.</param>
/// <param name="Json">The entry.</param>
/// <param name="Index">The whole index: processors stand there.</param>
/// <param name="Inputs">Finds photographs.</param>
internal sealed record ImageFixture(string Folder, JsonElement Json, JsonElement Index, InputFiles Inputs)
{
    public JsonElement Expected => Json.Need("expected");

    public JsonElement Tolerance => Json.Need("tolerance");

    public string InputPath => Json.Need("input") is var input && input.Try("file") is not null ? File(input.Text("file")) : Inputs.InData(input.Text("data"));

    public string File(string name) => InputFiles.Beside(Folder, name);

    public ImageProcessor Processor()
    {
        var name = Json.Text("processor");
        var spec = Index.Need("processors").Need(name);
        if (spec.Text("kind") == "solo")
        {
            return new ImageProcessor(ImageProcessorConfig.Solo(spec.Int("patch"), spec.Int("longest")));
        }

        var config = JsonNode.Parse(spec.Need("config").GetRawText())!.AsObject();
        if (spec.Text("kind") == "siglip" && !config.ContainsKey("image_processor_type"))
        {
            config["image_processor_type"] = "SiglipImageProcessor";
        }

        var file = Path.GetTempFileName();
        try
        {
            System.IO.File.WriteAllText(file, config.ToJsonString());
            return new ImageProcessor(ImageProcessorConfig.Load(file) with { PadToSquare = spec.Flag("pad") });
        }
        finally
        {
            System.IO.File.Delete(file);
        }
    }

    public float[] Floats(string file, string name)
    {
        var source = SafetensorsFile.Open(File(file));
        if (!source.Entries.ContainsKey(name))
        {
            throw new ReferenceException($"{file} has no {name}");
        }

        using var tensor = source.Read(name);
        return tensor.Floats();
    }

    /// <summary>SHA-256 of the 8-bit values, row by row.</summary>
    public static string Hash(RgbImage image) => Convert.ToHexStringLower(SHA256.HashData(image.Pixels));

    /// <summary>Elements 0, 97, 194, ...</summary>
    public static T[] Every97<T>(T[] values) => [.. values.Where((_, i) => i % 97 == 0)];

    /// <summary>
    /// Compares 8-bit pictures: equal by hash, or by the picture or sample that the reference stores, within <paramref name="maxLevels"/>.
    /// </summary>
    public Difference Compare(RgbImage actual, JsonElement expected, double maxLevels)
    {
        if (expected.Try("size") is not null && expected.Ints("size") is var size && (size.Length != 2 || actual.Width != size[0] || actual.Height != size[1]))
        {
            throw new ReferenceException($"{actual.Width} x {actual.Height} pixels, expected {string.Join(" x ", size)}");
        }

        if (expected.Text("rgb_sha256") == Hash(actual))
        {
            return new Difference(0, maxLevels);
        }

        var (reference, ours) = Stored(actual, expected);
        var found = new Tolerance(maxLevels, 0).Worst(Same(reference, ours), i => ours[i], i => reference[i], i => $"value {i}");
        return found.Largest > 0 || maxLevels > 0
            ? found : throw new ReferenceException("the picture's hash differs from the reference's, which stores too little of it to say by how much");
    }

    /// <summary>Mean difference in levels.</summary>
    public Difference CompareMean(RgbImage actual, JsonElement expected, double meanLevels)
    {
        if (expected.Text("rgb_sha256") == Hash(actual))
        {
            return new Difference(0, meanLevels);
        }

        var (reference, ours) = Stored(actual, expected);
        return new Difference(Enumerable.Range(0, Same(reference, ours)).Average(i => Math.Abs(reference[i] - (double)ours[i])), meanLevels);
    }

    private (byte[] Reference, byte[] Ours) Stored(RgbImage actual, JsonElement expected)
    {
        if (expected.Try("png") is not null)
        {
            return (ImageFile.Decode(File(expected.Text("png"))).Pixels, actual.Pixels);
        }

        var sample = expected.Try("sample") ?? throw new ReferenceException("the picture differs, and the reference stores no picture or sample of it");
        return (Array.ConvertAll(Floats(sample.Text("file"), sample.Text("tensor")), v => (byte)v), Every97(actual.Pixels));
    }

    private static int Same(byte[] a, byte[] b) => a.Length == b.Length && a.Length > 0
        ? a.Length : throw new ReferenceException($"{b.Length} values, expected {a.Length}");
}
