using System.Text.RegularExpressions;
using Fovea.Core.Json;

namespace Fovea.Models.Configs;

public sealed partial record LlavaConfig
{
    /// <summary>The id that LLaVA's own code gives to image tokens: outside every vocabulary.</summary>
    public const int PlaceholderId = -200;

    /// <summary>
    /// Reads the <c>config.json</c> of the original LLaVA code and of ShareGPT4V (<c>LlavaLlamaForCausalLM</c> and its kin):
    /// the decoder's settings at the top, <c>mm_*</c> for the rest, the tower's in a folder of its own.
    /// </summary>
    internal static LlavaConfig ReadOriginal(ForeignJson json, VisionConfig vision, int? imageTokenId)
    {
        json.Allow(ModelKeys.OriginalLlava);
        RefuseUnsupported(json);
        var select = json.Text("mm_vision_select_feature", "patch");
        if (select is not ("patch" or "cls_patch"))
        {
            throw json.Error("mm_vision_select_feature", $"'{select}' is not supported; expected patch or cls_patch");
        }

        var projector = json.Text("mm_projector_type", "linear");
        var mlp = MlpProjector().Match(projector);
        if (projector != "linear" && !mlp.Success)
        {
            throw json.Error("mm_projector_type", $"'{projector}' is not supported; expected linear, mlp2x_gelu or another mlpNx_gelu");
        }

        var config = new LlavaConfig
        {
            Text = DecoderConfig.Read(json, type: DecoderType(json)),
            Vision = vision,
            ImageTokenId = imageTokenId ?? PlaceholderId,
            FeatureLayers = [json.OptionalWholeNumber("mm_vision_select_layer") ?? -2],
            DropFirstToken = select == "patch" && vision.HasClassToken,
            ProjectorDepth = mlp.Success ? int.Parse(mlp.Groups[1].Value, CultureInfo.InvariantCulture) : 1,
        };
        if (json.OptionalWholeNumber("mm_hidden_size") is { } width && width != vision.HiddenSize)
        {
            throw json.Error("mm_hidden_size", $"{width}, but the tower's hidden_size is {vision.HiddenSize}; give the tower this model was trained with");
        }

        return config.CheckLayers(json, "mm_vision_select_layer");
    }

    private static string DecoderType(ForeignJson json)
    {
        var names = string.Join(' ', [json.Text("model_type", ""), .. json.Texts("architectures")]).ToLowerInvariant();
        return names.Contains("mistral", StringComparison.Ordinal) ? "mistral" : names.Contains("qwen", StringComparison.Ordinal) ? "qwen2" : "llama";
    }

    private static void RefuseUnsupported(ForeignJson json)
    {
        foreach (var key in new[] { "mm_use_im_start_end", "mm_use_im_patch_token", "use_pos_skipping" })
        {
            if (json.Flag(key, false))
            {
                throw json.Error(key, "true is not supported; expected false");
            }
        }

        foreach (var (key, only) in new[] { ("mm_patch_merge_type", "flat"), ("mm_resampler_type", "none") })
        {
            if (json.Text(key, only) is var value && value != only)
            {
                throw json.Error(key, $"'{value}' is not supported; expected {only}");
            }
        }
    }

    [GeneratedRegex("^mlp([1-9])x_gelu$", RegexOptions.CultureInvariant)]
    private static partial Regex MlpProjector();
}
