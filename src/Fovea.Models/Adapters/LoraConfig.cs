using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fovea.Core.Errors;
using Fovea.Models.Configs;

namespace Fovea.Models.Adapters;

/// <summary>Shape of a low-rank adapter (LoRA, arXiv 2106.09685), as PEFT describes it.</summary>
public sealed record LoraConfig
{
    private static readonly string[] OffByDefault =
        ["modules_to_save", "exclude_modules", "layers_to_transform", "layer_replication", "rank_pattern", "alpha_pattern", "trainable_token_indices", "target_parameters"];

    /// <summary>Rank of each update.</summary>
    public required int Rank { get; init; }

    /// <summary>Numerator of the scale.</summary>
    public required double Alpha { get; init; }

    /// <summary>Names of the modules, whole or from a dot on (<c>q_proj</c>); ignored where <see cref="TargetPattern"/> is given.</summary>
    public IReadOnlyList<string> TargetModules { get; init; } = [];

    /// <summary>A regular expression that matches whole module names; null for <see cref="TargetModules"/>.</summary>
    public string? TargetPattern { get; init; }

    /// <summary>Share of inputs dropped while training. Kept for the file; nothing here drops.</summary>
    public double Dropout { get; init; }

    /// <summary>Whether the scale is alpha / sqrt(rank) (rsLoRA, arXiv 2312.03732) and not alpha / rank.</summary>
    public bool RankStabilized { get; init; }

    /// <summary>Factor of the updates.</summary>
    public double Scale => RankStabilized ? Alpha / Math.Sqrt(Rank) : Alpha / Rank;

    /// <summary>Whether a module gets an update.</summary>
    /// <param name="module">Its name in Transformers 4.52, such as <c>model.layers.0.self_attn.q_proj</c>.</param>
    /// <exception cref="FoveaException">The pattern is not a regular expression, or takes too long.</exception>
    public bool Targets(string module)
    {
        if (TargetPattern is null)
        {
            return TargetModules.Any(t => module == t || module.EndsWith("." + t, StringComparison.Ordinal));
        }

        try
        {
            return TargetPattern == "all-linear" || Regex.IsMatch(module, $"^(?:{TargetPattern})$", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        }
        catch (Exception e) when (e is ArgumentException or RegexMatchTimeoutException)
        {
            throw new FoveaException($"target_modules: '{TargetPattern}' is not a regular expression that can be used", e);
        }
    }

    /// <summary>The model that the adapter belongs to, as PEFT finds it: a folder or a hub's name; null where nobody said.</summary>
    public string? BaseModel { get; init; }

    /// <summary>Reads PEFT's <c>adapter_config.json</c>.</summary>
    /// <exception cref="InvalidInputException">Not such a file, or a kind of adapter that is not supported.</exception>
    public static LoraConfig Read(string file)
    {
        var json = ForeignJson.Read(file);
        if (json.Text("peft_type", "LORA") is not "LORA" and var type)
        {
            throw json.Error("peft_type", $"'{type}' is not supported; expected LORA");
        }

        if (json.Text("bias", "none") is not "none" and var bias)
        {
            throw json.Error("bias", $"'{bias}' is not supported; expected none");
        }

        foreach (var key in new[] { "use_dora", "use_qalora", "use_bdlora", "fan_in_fan_out", "lora_bias" })
        {
            if (json.Has(key) && !json.IsFalse(key))
            {
                throw json.Error(key, "is not supported; expected false");
            }
        }

        if (OffByDefault.FirstOrDefault(k => json.Has(k) && !json.IsEmpty(k)) is { } key2)
        {
            throw json.Error(key2, "is not supported; expected null");
        }

        var single = json.IsText("target_modules");
        return new LoraConfig
        {
            Rank = json.Integer("r", 8),
            Alpha = json.Number("lora_alpha", 8),
            TargetModules = single ? [] : json.Texts("target_modules"),
            TargetPattern = single ? json.OptionalText("target_modules") : null,
            Dropout = json.Number("lora_dropout", 0),
            RankStabilized = json.Flag("use_rslora", false),
            BaseModel = json.OptionalText("base_model_name_or_path"),
        };
    }

    /// <summary>The object of PEFT's <c>adapter_config.json</c>.</summary>
    internal JsonObject Write() => new()
    {
        ["peft_type"] = "LORA",
        ["task_type"] = "CAUSAL_LM",
        ["base_model_name_or_path"] = BaseModel,
        ["inference_mode"] = true,
        ["r"] = Rank,
        ["lora_alpha"] = Alpha == Math.Floor(Alpha) ? (JsonNode)(long)Alpha : Alpha,
        ["lora_dropout"] = Dropout,
        ["target_modules"] = TargetPattern is null ? new JsonArray([.. TargetModules.Select(t => (JsonNode)t)]) : TargetPattern,
        ["bias"] = "none",
        ["fan_in_fan_out"] = false,
        ["init_lora_weights"] = true,
        ["use_rslora"] = RankStabilized,
        ["use_dora"] = false,
        ["modules_to_save"] = null,
        ["rank_pattern"] = new JsonObject(),
        ["alpha_pattern"] = new JsonObject(),
    };
}
