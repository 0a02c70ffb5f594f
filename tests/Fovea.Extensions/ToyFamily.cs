using Fovea.Core.Json;
using Fovea.Models.Checkpoints;
using Fovea.Models.Configs;

namespace Fovea.Extensions;

/// <summary>A vision-language model of LLaVA's make with keys and names of its own: sizes under short keys, and every tensor below <c>toy.</c></summary>
public static class ToyFamily
{
    private const string Prefix = "toy.";
    private static readonly InertKeys Inert = new("model_type torch_dtype");

    public static ModelFamily Family { get; } = ModelFamily.OfLlava(
        "toy", "a small model with names of its own", json => json.Text("model_type", "") == "toy", Read,
        name => name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : null);

    private static LlavaConfig Read(ForeignJson json)
    {
        json.Allow(Inert);
        var (text, tower) = (json.Field("decoder"), json.Field("tower"));
        var (width, heads) = (Size(text, "width"), Size(text, "heads"));
        return new LlavaConfig
        {
            ImageTokenId = json.Field("image_token_index").WholeNumber(least: 0),
            FeatureLayers = [-1],
            Text = new DecoderConfig
            {
                ModelType = "llama",
                VocabSize = Size(text, "vocabulary"),
                HiddenSize = width,
                IntermediateSize = Size(text, "mlp"),
                NumLayers = Size(text, "layers"),
                NumHeads = heads,
                NumKeyValueHeads = heads,
                HeadDim = width / heads,
                MaxPositions = Size(text, "length"),
            },
            Vision = new VisionConfig
            {
                ImageSize = Size(tower, "pixels"),
                PatchSize = Size(tower, "patch"),
                HiddenSize = Size(tower, "width"),
                IntermediateSize = Size(tower, "mlp"),
                NumLayers = Size(tower, "layers"),
                NumHeads = Size(tower, "heads"),
            },
        };
    }

    // Nothing of such a file is trusted: a size without a bound would be a way to ask for all memory.
    private static int Size(ForeignJson json, string key) => json.Field(key).WholeNumber(least: 1, most: 1 << 20);
}
