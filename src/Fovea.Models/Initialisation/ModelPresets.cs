using Fovea.Models.Configs;
using Fovea.Models.Families;
using Fovea.Models.Parameters;
using Fovea.Models.Vision;
using Fovea.Torch;
using TorchSharp;

namespace Fovea.Models.Initialisation;

/// <summary>
/// Small models made from scratch. Each parameter is drawn from the stream (seed, "init/" + its name), by fan-in unless
/// <see cref="PresetSizes.InitializerRange"/> is given: Transformers' 0.02 is for widths of a thousand, and at a width of 64 the tower's signal drowns.
/// </summary>
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
    /// <param name="memory">What memory the parameters may take; null for no limit.</param>
    /// <param name="device">Where they lie; null for the CPU. The numbers are the same everywhere.</param>
    /// <param name="tower">A LLaVA preset's tower from a file, in place of one from scratch; null for that.</param>
    /// <exception cref="FoveaException">No such preset, an id it needs is not given, sizes do not fit together, or they take too much memory.</exception>
    public static DecoderModel Create(
        string name, PresetVocabulary vocabulary, long seed, PresetSizes? sizes = null, MemoryLimit? memory = null, torch.Device? device = null,
        PresetTower? tower = null)
    {
        var (specs, build) = Plan(name, vocabulary, sizes, tower);
        return build(Draw(name, [.. sizes?.InitializerRange is null ? specs.Select(p => p.ByFanIn()) : specs], seed, memory, device ?? torch.CPU));
    }

    /// <summary>Number of scalars of a preset's parameters.</summary>
    /// <exception cref="FoveaException">As for <see cref="Create"/>.</exception>
    public static long NumParameters(string name, PresetVocabulary vocabulary, PresetSizes? sizes = null, PresetTower? tower = null) =>
        Plan(name, vocabulary, sizes, tower).Specs.Sum(spec => spec.NumElements);

    /// <summary>Checks a preset's name and sizes without making the model.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="sizes">What differs from the preset.</param>
    /// <param name="tower">Its tower from a file; null for none.</param>
    /// <exception cref="FoveaException">No such preset, sizes do not fit together, or it takes no tower.</exception>
    public static void Check(string name, PresetSizes? sizes, PresetTower? tower = null) => Checked(name, sizes, tower);

    private static (IEnumerable<ParameterSpec> Specs, Func<ParameterSet, DecoderModel> Build) Plan(
        string name, PresetVocabulary vocabulary, PresetSizes? sizes, PresetTower? tower)
    {
        var s = Checked(name, sizes, tower);
        var kind = name.Split('-')[1];
        var text = Text(s, vocabulary, kind == "solo" ? "mistral" : "llama");
        switch (kind)
        {
            case "llava":
                var imageTokenId = vocabulary.ImageTokenId ?? throw Missing(name, "the image token's id");
                var onnx = tower is null ? null : OnnxTower.New(tower.Onnx, tower.Output, sizes?.ImageSize, tower.BlueFirst);
                var llava = Llava(s, text, imageTokenId, onnx?.Config);
                return (LlavaModel.Specs(llava), p => new LlavaModel(llava, p, onnx));
            case "solo":
                var ids = vocabulary.VisionTokenIds ?? throw Missing(name, "the vision tokens' ids");
                var solo = new SoloConfig { Text = text, PatchSize = s.PatchSize!.Value, TokenIds = ids };
                return (SoloModel.Specs(solo), p => new SoloModel(solo, p));
            default:
                return (TextModel.Specs(text), p => new TextModel(text, p));
        }
    }

    private static PresetSizes Checked(string name, PresetSizes? sizes, PresetTower? tower)
    {
        if (tower is not null && !name.EndsWith("llava", StringComparison.Ordinal))
        {
            throw new FoveaException($"preset.tower: the preset {name} has no vision tower; expected tiny-llava or small-llava");
        }

        var s = (sizes ?? new PresetSizes()).Over(name switch
        {
            "tiny-llava" or "tiny-text-2" => Tiny,
            "tiny-solo" or "tiny-text-4" => Tiny with { NumLayers = 4 },
            "small-llava" or "small-solo" or "small-text" => Small,
            _ => throw new FoveaException($"no model preset '{name}'; expected one of {string.Join(", ", Names)}"),
        });
        foreach (var (key, value) in new[]
        {
            ("hidden_size", s.HiddenSize), ("num_layers", s.NumLayers), ("num_heads", s.NumHeads), ("intermediate_size", s.IntermediateSize),
                ("max_positions", s.MaxPositions),
            ("image_size", s.ImageSize), ("patch_size", s.PatchSize), ("vision_hidden_size", s.VisionHiddenSize), ("vision_num_layers", s.VisionNumLayers),
            ("vision_num_heads", s.VisionNumHeads), ("vision_intermediate_size", s.VisionIntermediateSize),
        })
        {
            var most = key.EndsWith("num_layers", StringComparison.Ordinal) ? ConfigLimits.MostLayers : ConfigLimits.MostWide;
            if (value < 1 || value > most)
            {
                throw new FoveaException($"preset.sizes.{key}: expected 1 to {most}, got {value}");
            }
        }

        if (s.PatchSize > s.ImageSize && name.EndsWith("llava", StringComparison.Ordinal))
        {
            throw new FoveaException($"preset.sizes.patch_size: expected at most the image's size of {s.ImageSize}, got {s.PatchSize}");
        }

        if (s.InitializerRange is { } range && !(range > 0 && double.IsFinite(range)))
        {
            throw new FoveaException(FormattableString.Invariant($"preset.sizes.initializer_range: expected above 0, got {range}"));
        }

        Divides(2 * (long)s.NumHeads!.Value, s.HiddenSize!.Value, "twice the heads", "hidden size");
        Divides(s.VisionNumHeads!.Value, s.VisionHiddenSize!.Value, "vision heads", "vision hidden size");
        return s;
    }

    private static LlavaConfig Llava(PresetSizes s, DecoderConfig text, int imageTokenId, VisionConfig? onnx)
    {
        return new LlavaConfig
        {
            Text = text,
            Vision = onnx ?? new VisionConfig
            {
                ImageSize = s.ImageSize!.Value,
                PatchSize = s.PatchSize!.Value,
                HiddenSize = s.VisionHiddenSize!.Value,
                IntermediateSize = s.VisionIntermediateSize!.Value,
                NumLayers = s.VisionNumLayers!.Value,
                NumHeads = s.VisionNumHeads!.Value,
                InitializerRange = text.InitializerRange,
            },
            ImageTokenId = imageTokenId,
            FeatureLayers = [-1],
            DropFirstToken = onnx?.HasClassToken ?? true,
        };
    }

    private static DecoderConfig Text(PresetSizes s, PresetVocabulary v, string type)
    {
        int hidden = s.HiddenSize!.Value, heads = s.NumHeads!.Value;
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

    private static ParameterSet Draw(string name, List<ParameterSpec> specs, long seed, MemoryLimit? memory, torch.Device device)
    {
        var bytes = specs.Aggregate((Int128)0, (sum, spec) => sum + spec.Shape.Aggregate((Int128)sizeof(float), (product, dimension) => product * dimension));
        MemoryLimits.Require($"preset {name}: its parameters take", (long)Int128.Min(bytes, long.MaxValue), memory, "lower its sizes");
        var parameters = new ParameterSet();
        foreach (var spec in specs)
        {
            using var scope = torch.NewDisposeScope();
            parameters.Add(spec.Name, spec.Draw(seed).to(device));
        }

        return parameters;
    }

    private static void Divides(long divisor, long number, string divisorName, string numberName)
    {
        if (divisor <= 0 || number <= 0 || number % divisor != 0)
        {
            throw new FoveaException($"{divisorName} ({divisor}) must divide {numberName} ({number})");
        }
    }

    private static FoveaException Missing(string name, string what) => new($"preset {name}: {what} is not given");
}
