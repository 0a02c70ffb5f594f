using Fovea.Core.Randomness;
using Fovea.Core.Samples;
using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Models.Configs;
using Fovea.Models.Families;
using Fovea.Models.Initialisation;
using Fovea.Models.Parameters;
using Xunit;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

/// <summary>New models whose weights are large enough for differences to show, and inputs for them.</summary>
public static class TestModels
{
    public static TheoryData<string> Presets => ["tiny-llava", "tiny-solo", "tiny-text-2", "tiny-text-4"];

    internal static PresetVocabulary Vocabulary { get; } = new(90, 1, 2, 0, 4, new VisionTokenIds(5, 6, 7, 8));

    internal static PresetSizes Loud { get; } = new() { InitializerRange = 0.15 };

    /// <summary>Wide enough for query, key and value to be projected apart; see <c>DecoderBlock.JoinsProjections</c>.</summary>
    internal static PresetSizes Wide { get; } =
        new() { HiddenSize = 384, NumHeads = 6, IntermediateSize = 400, NumLayers = 2, ImageSize = 30, PatchSize = 10, InitializerRange = 0.05 };

    internal static TextModel Windowed(int? window)
    {
        var config = new DecoderConfig
        {
            ModelType = "mistral",
            VocabSize = 90,
            HiddenSize = 32,
            IntermediateSize = 48,
            NumLayers = 2,
            NumHeads = 4,
            NumKeyValueHeads = 2,
            HeadDim = 8,
            MaxPositions = 64,
            SlidingWindow = window,
            InitializerRange = 0.15,
        };
        var parameters = new ParameterSet();
        foreach (var spec in TextModel.Specs(config))
        {
            parameters.Add(spec.Name, spec.Draw(11));
        }

        return new TextModel(config, parameters);
    }

    internal static int[] Ids(int length, long seed)
    {
        var random = new RandomSource(seed, "test/ids");
        return [.. Enumerable.Range(0, length).Select(_ => 10 + random.Next(80))];
    }

    internal static PixelValues Image(long seed)
    {
        var random = new RandomSource(seed, "test/image");
        return new PixelValues(3, 30, 30, [.. Enumerable.Range(0, 2700).Select(_ => (float)random.NextGaussian())]);
    }

    internal static ExpandedSample Make(VisionLanguageModel model, int length, long seed, bool withImage = true)
    {
        int[] image = withImage && model.SeesImages ? model.ImageTokenIds(30, 30) : [];
        int[] ids = [1, .. image, .. Ids(length, seed)];
        return new ExpandedSample(ids, [.. Enumerable.Range(1 + image.Length, length)], image.Length > 0 ? [Image(seed)] : []);
    }

    internal static Tensor Row(int[] ids) => tensor(Array.ConvertAll(ids, i => (long)i), [1, ids.Length]);

    /// <summary>Batch shapes change the order of float32 sums, not more.</summary>
    internal static void AssertClose(Tensor actual, Tensor expected)
    {
        Assert.Equal(expected.shape, actual.shape);
        Assert.InRange((actual - expected).abs().max().item<float>(), 0, 2e-5f * Math.Max(1, expected.abs().max().item<float>()));
    }
}
