using Fovea.Core.Json;

namespace Fovea.Models.Configs;

/// <summary>
/// A model whose decoder reads projected tower features in the places of image tokens: LLaVA-1.5 (arXiv 2310.03744) and its kin,
/// and, with pooling before the projector, Open-Qwen2VL (arXiv 2504.00595).
/// </summary>
public sealed partial record LlavaConfig
{
    /// <summary>The decoder.</summary>
    public required DecoderConfig Text { get; init; }

    /// <summary>The tower.</summary>
    public required VisionConfig Vision { get; init; }

    /// <summary>Id in whose places the projected features go.</summary>
    public required int ImageTokenId { get; init; }

    /// <summary>
    /// Which of the tower's hidden states are used; negative counts from the end, as in <c>hidden_states[-2]</c>.
    /// Several are set side by side in the hidden dimension.
    /// </summary>
    public IReadOnlyList<int> FeatureLayers { get; init; } = [-2];

    /// <summary>Whether the first token is dropped (<c>default</c>; CLIP's class token) or kept (<c>full</c>).</summary>
    public bool DropFirstToken { get; init; } = true;

    /// <summary>Tokens on one side of the square to which features are averaged (Open-Qwen2VL); null for no pooling.</summary>
    public int? PooledSide { get; init; }

    /// <summary>Linear maps of the projector.</summary>
    public int ProjectorDepth { get; init; } = 2;

    /// <summary>Activation between the projector's maps, under its name in Transformers.</summary>
    public string ProjectorActivation { get; init; } = "gelu";

    /// <summary>Biases in the projector.</summary>
    public bool ProjectorBias { get; init; } = true;

    /// <summary>Tokens of one image.</summary>
    public int TokensPerImage => PooledSide is { } side ? side * side : Vision.NumTokens - (DropFirstToken ? 1 : 0);

    /// <summary>For each feature layer, the blocks of the tower that are run.</summary>
    internal IReadOnlyList<int> TowerDepths => [.. FeatureLayers.Select(i => i < 0 ? Vision.NumLayers + 1 + i : i)];

    /// <summary>Reads a LLaVA <c>config.json</c> of Transformers 4 or 5.</summary>
    /// <exception cref="InvalidInputException">Not such a file, or a value that is not supported.</exception>
    public static LlavaConfig Read(string file) => ForeignJson.Read(file, Read);

    internal static LlavaConfig Read(ForeignJson json)
    {
        json.RefuseQuantised();
        json.Allow(ModelKeys.Common, ModelKeys.Llava);
        var text = json.OptionalObject("text_config") ?? throw json.Error("text_config", "missing; expected the decoder's configuration");
        var vision = json.OptionalObject("vision_config") ?? throw json.Error("vision_config", "missing; expected the tower's configuration");
        var select = json.Text("vision_feature_select_strategy", "default");
        if (select is not ("default" or "full"))
        {
            throw json.Error("vision_feature_select_strategy", $"'{select}' is not supported; expected default or full");
        }

        var act = json.Text("projector_hidden_act", "gelu");
        if (!VisionConfig.ActivationNames.Contains(act))
        {
            throw json.Error("projector_hidden_act", $"'{act}' is not supported; expected one of {string.Join(", ", VisionConfig.ActivationNames)}");
        }

        var config = new LlavaConfig
        {
            Text = DecoderConfig.Read(text, tiedByDefault: json.FlagOrNull("tie_word_embeddings", false)),
            Vision = vision.OptionalText("model_type") == OnnxTowerConfig.ModelType ? OnnxTowerConfig.Read(vision) : VisionConfig.Read(vision),
            ImageTokenId = ReadImageTokenId(json) ?? 32000,
            FeatureLayers = json.WholeNumbers("vision_feature_layer") is { Length: > 0 } layers ? layers : [-2],
            DropFirstToken = select == "default",
            ProjectorActivation = act,
            ProjectorBias = json.FlagOrNull("multimodal_projector_bias", true),
        };
        return config.CheckLayers(json, "vision_feature_layer");
    }

    private static int? ReadImageTokenId(ForeignJson json)
    {
        var (index, id) = (json.OptionalWholeNumber("image_token_index", 0), json.OptionalWholeNumber("image_token_id", 0));
        return index is null || id is null || index == id ? index ?? id
            : throw json.Error("image_token_id", $"{id}, but image_token_index is {index}; keep one of them");
    }

    private LlavaConfig CheckLayers(ForeignJson json, string key) =>
        FeatureLayers.Count <= Vision.NumLayers + 1 && TowerDepths.All(d => d >= 0 && d <= Vision.NumLayers)
        ? this
        : throw json.Error(key, $"{string.Join(", ", FeatureLayers.Take(9))} is outside a tower of {Vision.NumLayers} layers");

    internal JsonObject Write() => new()
    {
        ["architectures"] = new JsonArray("LlavaForConditionalGeneration"),
        ["model_type"] = "llava",
        ["image_token_index"] = ImageTokenId,
        ["image_seq_length"] = TokensPerImage,
        ["vision_feature_layer"] = FeatureLayers.Count == 1 ? FeatureLayers[0] : new JsonArray([.. FeatureLayers.Select(i => (JsonNode)i)]),
        ["vision_feature_select_strategy"] = DropFirstToken ? "default" : "full",
        ["projector_hidden_act"] = ProjectorActivation,
        ["multimodal_projector_bias"] = ProjectorBias,
        ["tie_word_embeddings"] = Text.TieWordEmbeddings,
        ["torch_dtype"] = "float32",
        ["text_config"] = Text.Write(null),
        ["vision_config"] = Vision.Write(),
    };
}
