using Fovea.Core.Json;

namespace Fovea.Models.Configs;

/// <summary>Shape and arithmetic of a vision tower.</summary>
public sealed record VisionConfig
{
    /// <summary>Activation functions that are known, under their names in Transformers.</summary>
    internal static IReadOnlyList<string> ActivationNames { get; } = ["quick_gelu", "gelu", "gelu_pytorch_tanh", "gelu_new", "relu", "silu"];

    /// <summary><c>clip_vision_model</c>, <c>siglip_vision_model</c> or <c>onnx</c>.</summary>
    public string ModelType { get; init; } = "clip_vision_model";

    /// <summary>Side of the square image, in pixels.</summary>
    public required int ImageSize { get; init; }

    /// <summary>Side of a patch, in pixels; the remainder on the right and at the bottom that fills no patch is not seen.</summary>
    public required int PatchSize { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width inside the MLP.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int NumLayers { get; init; }

    /// <summary>Number of heads; divides <see cref="HiddenSize"/>.</summary>
    public required int NumHeads { get; init; }

    /// <summary><c>quick_gelu</c>, <c>gelu</c> or <c>gelu_pytorch_tanh</c>.</summary>
    public string Activation { get; init; } = "quick_gelu";

    /// <summary>Added to the variance in each norm.</summary>
    public double LayerNormEps { get; init; } = 1e-5;

    /// <summary>SigLIP only: whether the tower has its attention-pooling head.</summary>
    public bool HasPoolingHead { get; init; }

    /// <summary>Standard deviation of new weights.</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>The ONNX file that is the tower; null for a tower with parameters of its own.</summary>
    public OnnxTowerConfig? Onnx { get; init; }

    /// <summary>Patches on one side.</summary>
    public int Grid => Onnx?.Grid ?? (ImageSize / PatchSize);

    /// <summary>Whether a class token comes before the patches (CLIP).</summary>
    public bool HasClassToken => Onnx?.HasClassToken ?? (ModelType == "clip_vision_model");

    /// <summary>Tokens of one image, the class token included.</summary>
    public int NumTokens => (Grid * Grid) + (HasClassToken ? 1 : 0);

    /// <summary>Reads a CLIP or SigLIP vision <c>config.json</c>, or a whole CLIP or SigLIP model's; what it leaves out has that family's defaults.</summary>
    /// <exception cref="Core.Errors.InvalidInputException">Not such a file, or a value that is not supported.</exception>
    public static VisionConfig Read(string file) => ForeignJson.Read(file, Read);

    internal static VisionConfig Read(ForeignJson json)
    {
        json.RefuseQuantised();
        json.Allow(ModelKeys.Common, ModelKeys.Tower);
        var type = json.Text("model_type", "clip_vision_model");
        if (type is "clip" or "siglip")
        {
            type += "_vision_model";
            json = Inner(json);
        }

        var clip = type == "clip_vision_model";
        if (!clip && type != "siglip_vision_model")
        {
            throw json.Error("model_type", $"'{type}' is not supported; expected clip_vision_model or siglip_vision_model");
        }

        if (clip)
        {
            json.Allow(ModelKeys.Clip);
        }

        var act = json.Text("hidden_act", clip ? "quick_gelu" : "gelu_pytorch_tanh");
        if (!ActivationNames.Contains(act))
        {
            throw json.Error("hidden_act", $"'{act}' is not supported; expected one of {string.Join(", ", ActivationNames)}");
        }

        if (json.WholeNumber("num_channels", 3) != 3)
        {
            throw json.Error("num_channels", "expected 3");
        }

        var config = new VisionConfig
        {
            ModelType = type,
            ImageSize = json.WholeNumber("image_size", 224, most: ConfigLimits.MostPixels),
            PatchSize = json.WholeNumber("patch_size", clip ? 32 : 16, most: ConfigLimits.MostPixels),
            HiddenSize = json.WholeNumber("hidden_size", 768),
            IntermediateSize = json.WholeNumber("intermediate_size", 3072),
            NumLayers = json.WholeNumber("num_hidden_layers", 12, most: ConfigLimits.MostLayers),
            NumHeads = json.WholeNumber("num_attention_heads", 12),
            Activation = act,
            LayerNormEps = json.Number("layer_norm_eps", clip ? 1e-5 : 1e-6),
            HasPoolingHead = !clip && json.FlagOrNull("vision_use_head", true),
            InitializerRange = json.Number("initializer_range", 0.02),
        };
        if (config.PatchSize > config.ImageSize)
        {
            throw json.Error("patch_size", $"{config.PatchSize} is larger than image_size, {config.ImageSize}");
        }

        return config.HiddenSize % config.NumHeads == 0
            ? config
            : throw json.Error("num_attention_heads", $"{config.NumHeads} does not divide hidden_size, {config.HiddenSize}");
    }

    /// <summary>The tower's part of a whole CLIP or SigLIP model's configuration, which old files give twice.</summary>
    private static ForeignJson Inner(ForeignJson json)
    {
        json.Allow(ModelKeys.WholeClip);
        var inner = json.OptionalObject("vision_config") ?? throw json.Error("vision_config", "missing; expected the tower's configuration");
        inner.Allow(ModelKeys.Common, ModelKeys.Tower);
        if (json.OptionalObject("vision_config_dict") is { } again && again.Keys().FirstOrDefault(k => !again.Agrees(inner, k)) is { } key)
        {
            throw again.Error(key, "differs from vision_config, where Transformers would put it; keep one of them");
        }

        return inner;
    }

    internal JsonObject Write()
    {
        if (Onnx is { } onnx)
        {
            return onnx.Write(this);
        }

        var json = new JsonObject
        {
            ["model_type"] = ModelType,
            ["image_size"] = ImageSize,
            ["patch_size"] = PatchSize,
            ["num_channels"] = 3,
            ["hidden_size"] = HiddenSize,
            ["intermediate_size"] = IntermediateSize,
            ["num_hidden_layers"] = NumLayers,
            ["num_attention_heads"] = NumHeads,
            ["hidden_act"] = Activation,
            ["layer_norm_eps"] = LayerNormEps,
            ["initializer_range"] = InitializerRange,
        };
        json[HasClassToken ? "projection_dim" : "vision_use_head"] = HasClassToken ? HiddenSize : HasPoolingHead;
        return json;
    }
}
