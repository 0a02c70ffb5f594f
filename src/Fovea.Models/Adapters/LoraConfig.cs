using System.Text.RegularExpressions;
using Fovea.Core.Json;
using Fovea.Models.Configs;

namespace Fovea.Models.Adapters;

/// <summary>Shape of a low-rank adapter (LoRA, arXiv 2106.09685), as PEFT describes it.</summary>
public sealed record LoraConfig
{
    // Where the adapter came from, how it was trained, and what only begins a new adapter: loading overwrites it. Keys with a value are variants that are off.
    private static readonly InertKeys Inert = new("""
        auto_mapping base_model_name_or_path inference_mode revision task_type peft_version layers_pattern megatron_core eva_config corda_config loftq_config lora_ga_config
        qalora_group_size low_cpu_mem_usage runtime_config ephemeral_gpu_offload
        use_dora=false use_qalora=false use_bdlora=false lora_bias=false fan_in_fan_out=false ensure_weight_tying=false
        modules_to_save=null exclude_modules=null layers_to_transform=null layer_replication=null rank_pattern=null alpha_pattern=null trainable_token_indices=null
        target_parameters=null alora_invocation_tokens=null arrow_config=null megatron_config=null velora_config=null kasa_config=null monteclora_config=null
        """);

    // Beginnings that leave the base weights as they are; the others of PEFT (pissa, olora, corda, loftq, lora_ga) take something off them,
    // again when an adapter is loaded.
    private static readonly string[] PlainBeginnings = ["gaussian", "orthogonal", "eva"];

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
    public static LoraConfig Read(string file) => ForeignJson.Read(file, Read);

    private static LoraConfig Read(ForeignJson json)
    {
        json.Allow(Inert);
        if (json.Text("peft_type", "LORA") is not "LORA" and var type)
        {
            throw json.Error("peft_type", $"'{type}' is not supported; expected LORA");
        }

        if (json.Text("bias", "none") is not "none" and var bias)
        {
            throw json.Error("bias", $"'{bias}' is not supported; expected none");
        }

        if (json.IsText("init_lora_weights") && json.Text("init_lora_weights", "") is var begun && !PlainBeginnings.Contains(begun))
        {
            throw json.Error("init_lora_weights",
                $"'{begun}' changes the base weights when the adapter is loaded, which is not supported; expected true, false, "
                + $"{string.Join(", ", PlainBeginnings)} (PEFT converts such an adapter: save_pretrained with path_initial_model_for_weight_conversion)");
        }
        else if (!json.IsText("init_lora_weights"))
        {
            _ = json.Flag("init_lora_weights", true);
        }

        var single = json.IsText("target_modules");
        return new LoraConfig
        {
            Rank = json.WholeNumber("r", 8),
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
