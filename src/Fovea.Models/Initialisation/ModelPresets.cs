using Fovea.Core.Errors;
using Fovea.Models.Configs;
using Fovea.Models.Families;
using Fovea.Models.Parameters;

namespace Fovea.Models.Initialisation;

/// <summary>The vocabulary a new model is made for. Image ids are needed by the families that see images.</summary>
/// <param name="VocabSize">Number of ids.</param>
/// <param name="BosId">Begins a text.</param>
/// <param name="EosId">Ends a text.</param>
/// <param name="PadId">Padding.</param>
/// <param name="ImageTokenId">LLaVA: the image token.</param>
/// <param name="VisionTokenIds">SOLO: the image tokens.</param>
public sealed record PresetVocabulary(
    int VocabSize, int? BosId = null, int? EosId = null, int? PadId = null, int? ImageTokenId = null, VisionTokenIds? VisionTokenIds = null);

/// <summary>Sizes that replace a preset's own; null keeps it.</summary>
public sealed record PresetSizes
{
    /// <summary>Width of the decoder.</summary>
    public int? HiddenSize { get; init; }

    /// <summary>Blocks of the decoder.</summary>
    public int? NumLayers { get; init; }

    /// <summary>Heads of the decoder (query, and key and value alike).</summary>
    public int? NumHeads { get; init; }

    /// <summary>Width inside the decoder's MLP.</summary>
    public int? IntermediateSize { get; init; }

    /// <summary>Longest sequence, in tokens.</summary>
    public int? MaxPositions { get; init; }

    /// <summary>Side of the image, in pixels (LLaVA).</summary>
    public int? ImageSize { get; init; }

    /// <summary>Side of a patch, in pixels.</summary>
    public int? PatchSize { get; init; }

    /// <summary>Width of the tower.</summary>
    public int? VisionHiddenSize { get; init; }

    /// <summary>Blocks of the tower.</summary>
    public int? VisionNumLayers { get; init; }

    /// <summary>Heads of the tower.</summary>
    public int? VisionNumHeads { get; init; }

    /// <summary>Width inside the tower's MLP.</summary>
    public int? VisionIntermediateSize { get; init; }

    /// <summary>Whether the head is the embedding.</summary>
    public bool? TieWordEmbeddings { get; init; }

    /// <summary>Standard deviation of new weights.</summary>
    public double? InitializerRange { get; init; }
}

/// <summary>Small models made from scratch. Each parameter is drawn from the stream (seed, "init/" + its name).</summary>
public static class ModelPresets
{
    private static readonly PresetSizes Tiny = new()
    {
        HiddenSize = 64,
        NumLayers = 2,
        NumHeads = 4,
        IntermediateSize = 172,
        MaxPositions = 512,
        ImageSize = 30,
        PatchSize = 10,
        VisionHiddenSize = 64,
        VisionNumLayers = 2,
        VisionNumHeads = 4,
        VisionIntermediateSize = 172,
    };

    private static readonly PresetSizes Small = Tiny with
    {
        HiddenSize = 128,
        NumLayers = 4,
        IntermediateSize = 344,
        MaxPositions = 1024,
        ImageSize = 98,
        PatchSize = 14,
        VisionHiddenSize = 128,
        VisionNumLayers = 4,
        VisionIntermediateSize = 512,
    };

    /// <summary>Names of the presets.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["tiny-llava", "tiny-solo", "tiny-text-2", "tiny-text-4", "small-llava", "small-solo", "small-text"];

    /// <summary>Makes a new model.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="vocabulary">Its ids.</param>
    /// <param name="seed">Of the initial weights.</param>
    /// <param name="sizes">What differs from the preset.</param>
    /// <exception cref="FoveaException">No such preset, an id it needs is not given, or sizes do not fit together.</exception>
    public static VisionLanguageModel Create(string name, PresetVocabulary vocabulary, long seed, PresetSizes? sizes = null)
    {
        var s = Merge(sizes ?? new PresetSizes(), name switch
        {
            "tiny-llava" or "tiny-text-2" => Tiny,
            "tiny-solo" or "tiny-text-4" => Tiny with { NumLayers = 4 },
            "small-llava" or "small-solo" or "small-text" => Small,
            _ => throw new FoveaException($"no model preset '{name}'; expected one of {string.Join(", ", Names)}"),
        });
        var kind = name.Split('-')[1];
        var text = Text(s, vocabulary, kind == "solo" ? "mistral" : "llama");
        switch (kind)
        {
            case "llava":
                var llava = Llava(s, text, vocabulary.ImageTokenId ?? throw Missing(name, "the image token's id"));
                return new LlavaModel(llava, Draw(LlavaModel.Specs(llava), seed));
            case "solo":
                var ids = vocabulary.VisionTokenIds ?? throw Missing(name, "the vision tokens' ids");
                var solo = new SoloConfig { Text = text, PatchSize = s.PatchSize!.Value, TokenIds = ids };
                return new SoloModel(solo, Draw(SoloModel.Specs(solo), seed));
            default:
                return new TextModel(text, Draw(TextModel.Specs(text), seed));
        }
    }

    private static LlavaConfig Llava(PresetSizes s, DecoderConfig text, int imageTokenId)
    {
        Divides(s.VisionNumHeads!.Value, s.VisionHiddenSize!.Value, "vision heads", "vision hidden size");
        return new LlavaConfig
        {
            Text = text,
            Vision = new VisionConfig
            {
                ImageSize = s.ImageSize!.Value,
                PatchSize = s.PatchSize!.Value,
                HiddenSize = s.VisionHiddenSize.Value,
                IntermediateSize = s.VisionIntermediateSize!.Value,
                NumLayers = s.VisionNumLayers!.Value,
                NumHeads = s.VisionNumHeads.Value,
                InitializerRange = text.InitializerRange,
            },
            ImageTokenId = imageTokenId,
            FeatureLayer = -1,
        };
    }

    private static DecoderConfig Text(PresetSizes s, PresetVocabulary v, string type)
    {
        int hidden = s.HiddenSize!.Value, heads = s.NumHeads!.Value;
        Divides(2 * heads, hidden, "twice the heads", "hidden size");
        return new DecoderConfig
        {
            ModelType = type,
            VocabSize = v.VocabSize,
            HiddenSize = hidden,
            IntermediateSize = s.IntermediateSize!.Value,
            NumLayers = s.NumLayers!.Value,
            NumHeads = heads,
            NumKeyValueHeads = heads,
            HeadDim = hidden / heads,
            MaxPositions = s.MaxPositions!.Value,
            TieWordEmbeddings = s.TieWordEmbeddings ?? false,
            InitializerRange = s.InitializerRange ?? 0.02,
            BosId = v.BosId,
            EosId = v.EosId,
            PadId = v.PadId,
        };
    }

    private static PresetSizes Merge(PresetSizes over, PresetSizes own) => new()
    {
        HiddenSize = over.HiddenSize ?? own.HiddenSize,
        NumLayers = over.NumLayers ?? own.NumLayers,
        NumHeads = over.NumHeads ?? own.NumHeads,
        IntermediateSize = over.IntermediateSize ?? own.IntermediateSize,
        MaxPositions = over.MaxPositions ?? own.MaxPositions,
        ImageSize = over.ImageSize ?? own.ImageSize,
        PatchSize = over.PatchSize ?? own.PatchSize,
        VisionHiddenSize = over.VisionHiddenSize ?? own.VisionHiddenSize,
        VisionNumLayers = over.VisionNumLayers ?? own.VisionNumLayers,
        VisionNumHeads = over.VisionNumHeads ?? own.VisionNumHeads,
        VisionIntermediateSize = over.VisionIntermediateSize ?? own.VisionIntermediateSize,
        TieWordEmbeddings = over.TieWordEmbeddings ?? own.TieWordEmbeddings,
        InitializerRange = over.InitializerRange ?? own.InitializerRange,
    };

    private static ParameterSet Draw(IEnumerable<ParameterSpec> specs, long seed)
    {
        var parameters = new ParameterSet();
        foreach (var spec in specs)
        {
            parameters.Add(spec.Name, spec.Draw(seed));
        }

        return parameters;
    }

    private static void Divides(int divisor, int number, string divisorName, string numberName)
    {
        if (divisor <= 0 || number <= 0 || number % divisor != 0)
        {
            throw new FoveaException($"{divisorName} ({divisor}) must divide {numberName} ({number})");
        }
    }

    private static FoveaException Missing(string name, string what) => new($"preset {name}: {what} is not given");
}
