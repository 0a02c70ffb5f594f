using System.Text.Json.Nodes;
using Fovea.Core.Errors;

namespace Fovea.Models.Configs;

/// <summary>A LLaVA-1.5 model (arXiv 2310.03744): tower, two-layer projector, decoder.</summary>
public sealed record LlavaConfig
{
    /// <summary>The decoder.</summary>
    public required DecoderConfig Text { get; init; }

    /// <summary>The tower.</summary>
    public required VisionConfig Vision { get; init; }

    /// <summary>Id in whose places the projected features go.</summary>
    public required int ImageTokenId { get; init; }

    /// <summary>Which of the tower's hidden states is used; negative counts from the end, as in <c>hidden_states[-2]</c>.</summary>
    public int FeatureLayer { get; init; } = -2;

    /// <summary>Whether the first token is dropped (<c>default</c>; CLIP's class token) or kept (<c>full</c>).</summary>
    public bool DropFirstToken { get; init; } = true;

    /// <summary>Biases in the projector.</summary>
    public bool ProjectorBias { get; init; } = true;

    /// <summary>Tokens of one image.</summary>
    public int TokensPerImage => Vision.NumTokens - (DropFirstToken ? 1 : 0);

    /// <summary>Blocks of the tower that are run.</summary>
    internal int TowerDepth => FeatureLayer < 0 ? Vision.NumLayers + 1 + FeatureLayer : FeatureLayer;

    /// <summary>Reads a LLaVA <c>config.json</c> of Transformers 4 or 5.</summary>
    /// <exception cref="InvalidInputException">Not such a file, or a value that is not supported.</exception>
    public static LlavaConfig Read(string file) => Read(ForeignJson.Read(file));

    internal static LlavaConfig Read(ForeignJson json)
    {
        var text = json.Object("text_config") ?? throw json.Error("text_config", "missing; expected the decoder's configuration");
        var vision = json.Object("vision_config") ?? throw json.Error("vision_config", "missing; expected the tower's configuration");
        var select = json.Text("vision_feature_select_strategy", "default");
        if (select is not ("default" or "full"))
        {
            throw json.Error("vision_feature_select_strategy", $"'{select}' is not supported; expected default or full");
        }

        if (json.Text("projector_hidden_act", "gelu") is not "gelu" and var act)
        {
            throw json.Error("projector_hidden_act", $"'{act}' is not supported; expected gelu");
        }

        var config = new LlavaConfig
        {
            Text = DecoderConfig.Read(text, tiedByDefault: json.Flag("tie_word_embeddings", false)),
            Vision = VisionConfig.Read(vision),
            ImageTokenId = json.OptionalInteger("image_token_index", 0) ?? json.OptionalInteger("image_token_id", 0) ?? 32000,
            FeatureLayer = json.OptionalInteger("vision_feature_layer") ?? -2,
            DropFirstToken = select == "default",
            ProjectorBias = json.Flag("multimodal_projector_bias", true),
        };
        return config.TowerDepth >= 0 && config.TowerDepth <= config.Vision.NumLayers
            ? config
            : throw json.Error("vision_feature_layer", $"{config.FeatureLayer} is outside a tower of {config.Vision.NumLayers} layers");
    }

    internal JsonObject Write() => new()
    {
        ["architectures"] = new JsonArray("LlavaForConditionalGeneration"),
        ["model_type"] = "llava",
        ["image_token_index"] = ImageTokenId,
        ["image_seq_length"] = TokensPerImage,
        ["vision_feature_layer"] = FeatureLayer,
        ["vision_feature_select_strategy"] = DropFirstToken ? "default" : "full",
        ["projector_hidden_act"] = "gelu",
        ["multimodal_projector_bias"] = ProjectorBias,
        ["tie_word_embeddings"] = Text.TieWordEmbeddings,
        ["torch_dtype"] = "float32",
        ["text_config"] = Text.Write(null),
        ["vision_config"] = Vision.Write(),
    };
}
