using Fovea.Models.Initialisation;

namespace Fovea.Verification.Benches;

/// <summary>The decoder and tower that both benches time: 12 layers of 768 each, 32,000 tokens of vocabulary.</summary>
internal static class BenchModel
{
    public const int Vocabulary = 32_000, ImageTokenId = 5;

    public static PresetSizes Sizes { get; } = new()
    {
        HiddenSize = 768,
        NumLayers = 12,
        NumHeads = 12,
        IntermediateSize = 2048,
        MaxPositions = 2048,
        ImageSize = 224,
        PatchSize = 16,
        VisionHiddenSize = 768,
        VisionNumLayers = 12,
        VisionNumHeads = 12,
        VisionIntermediateSize = 3072,
    };
}
