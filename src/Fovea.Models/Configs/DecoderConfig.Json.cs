using Fovea.Core.Json;

namespace Fovea.Models.Configs;

public sealed partial record DecoderConfig
{
    /// <summary>Reads a llama, mistral or qwen2 <c>config.json</c> (Transformers 4 or 5); what it leaves out has that family's defaults.</summary>
    /// <exception cref="Core.Errors.InvalidInputException">Not such a file, or a value this decoder does not support.</exception>
    public static DecoderConfig Read(string file) => ForeignJson.Read(file, json => Read(json));

    /// <summary>Reads the decoder's part of a configuration.</summary>
    /// <param name="json">Its object.</param>
    /// <param name="tiedByDefault">What holds where it does not say whether the head is tied.</param>
    /// <param name="type">The family; null for the object's own <c>model_type</c>.</param>
    internal static DecoderConfig Read(ForeignJson json, bool tiedByDefault = false, string? type = null)
    {
        type ??= json.Text("model_type", "llama");
        var d = Defaults(type) ?? throw json.Error("model_type", $"'{type}' is not supported; expected llama, mistral or qwen2");
        if (json.Text("hidden_act", "silu") is not "silu" and var act)
        {
            throw json.Error("hidden_act", $"'{act}' is not supported; expected silu");
        }

        json.RefuseQuantised();
        json.Allow(ModelKeys.Common, ModelKeys.Decoder, type switch { "llama" => ModelKeys.Llama, "mistral" => ModelKeys.Mistral, _ => ModelKeys.Qwen2 });
        var hidden = json.WholeNumber("hidden_size", d.HiddenSize);
        var heads = json.WholeNumber("num_attention_heads", d.NumHeads);
        var config = d with
        {
            VocabSize = json.WholeNumber("vocab_size", d.VocabSize),
            HiddenSize = hidden,
            IntermediateSize = json.WholeNumber("intermediate_size", d.IntermediateSize),
            NumLayers = json.WholeNumber("num_hidden_layers", d.NumLayers, most: ConfigLimits.MostLayers),
            NumHeads = heads,
            NumKeyValueHeads = json.WholeNumber("num_key_value_heads", json.IsNull("num_key_value_heads") || type == "llama" ? heads : d.NumKeyValueHeads),
            HeadDim = json.WholeNumber("head_dim", Math.Max(1, hidden / heads)),
            MaxPositions = json.WholeNumber("max_position_embeddings", d.MaxPositions, most: int.MaxValue),
            RmsNormEps = json.Number("rms_norm_eps", d.RmsNormEps),
            Rope = RopeConfig.Read(json),
            TieWordEmbeddings = json.FlagOrNull("tie_word_embeddings", tiedByDefault),
            QueryKeyValueBias = type == "qwen2" || (type == "llama" && json.Flag("attention_bias", false)),
            OutputBias = type == "llama" && json.Flag("attention_bias", false),
            MlpBias = type == "llama" && json.Flag("mlp_bias", false),
            InitializerRange = json.Number("initializer_range", 0.02),
            BosId = json.FirstId("bos_token_id"),
            EosId = json.FirstId("eos_token_id"),
            PadId = json.FirstId("pad_token_id"),
        };
        if (heads % config.NumKeyValueHeads != 0)
        {
            throw json.Error("num_key_value_heads", $"{config.NumKeyValueHeads} does not divide num_attention_heads, {heads}");
        }

        if ((long)heads * config.HeadDim > ConfigLimits.MostWide)
        {
            throw json.Error("head_dim", $"{config.HeadDim} times {heads} heads; expected a product of at most {ConfigLimits.MostWide}");
        }

        return config.HeadDim % 2 == 0
            ? config.WithWindow(json)
            : throw json.Error("head_dim", $"{config.HeadDim} is odd; rotary embedding needs an even one");
    }

    private DecoderConfig WithWindow(ForeignJson json)
    {
        var types = json.Texts("layer_types");
        if (ModelType == "llama" || (ModelType == "qwen2" && !json.Flag("use_sliding_window", false)))
        {
            json.Allow(ModelKeys.NoWindow);
            return types.All(t => t == "full_attention") ? this : throw json.Error("layer_types", "expected full_attention alone where there is no window");
        }

        var windowed = this with
        {
            SlidingWindow = json.OptionalWholeNumber("sliding_window", 1) ?? (json.IsNull("sliding_window") ? null : 4096),
            FirstWindowedLayer = ModelType == "qwen2" ? json.WholeNumber("max_window_layers", 28, 0, int.MaxValue) : 0,
        };
        if (types.Length == 0)
        {
            return windowed;
        }

        var first = Array.IndexOf(types, "sliding_attention");
        return types.Length != NumLayers || (first >= 0 && types.Skip(first).Any(t => t != "sliding_attention"))
            ? throw json.Error("layer_types", "expected one entry per layer, full_attention before sliding_attention")
            : windowed with { FirstWindowedLayer = first < 0 ? NumLayers : first };
    }

    /// <summary>The object of a Transformers 4 <c>config.json</c>.</summary>
    internal JsonObject Write(string? architecture)
    {
        var json = new JsonObject { ["model_type"] = ModelType };
        if (architecture is not null)
        {
            json["architectures"] = new JsonArray(architecture);
        }

        json["vocab_size"] = VocabSize;
        json["hidden_size"] = HiddenSize;
        json["intermediate_size"] = IntermediateSize;
        json["num_hidden_layers"] = NumLayers;
        json["num_attention_heads"] = NumHeads;
        json["num_key_value_heads"] = NumKeyValueHeads;
        json["head_dim"] = HeadDim;
        json["hidden_act"] = "silu";
        json["max_position_embeddings"] = MaxPositions;
        json["rms_norm_eps"] = RmsNormEps;
        json["initializer_range"] = InitializerRange;
        json["tie_word_embeddings"] = TieWordEmbeddings;
        json["bos_token_id"] = BosId;
        json["eos_token_id"] = EosId;
        json["pad_token_id"] = PadId;
        json["torch_dtype"] = "float32";
        Rope.Write(json);
        switch (ModelType)
        {
            case "llama":
                json["attention_bias"] = QueryKeyValueBias;
                json["mlp_bias"] = MlpBias;
                break;
            case "mistral":
                json["sliding_window"] = SlidingWindow;
                break;
            default:
                json["use_sliding_window"] = SlidingWindow is not null;
                json["sliding_window"] = SlidingWindow;
                json["max_window_layers"] = FirstWindowedLayer;
                break;
        }

        return json;
    }

    /// <summary>What Transformers assumes where a file is silent; published LLaVA checkpoints rely on it.</summary>
    private static DecoderConfig? Defaults(string type)
    {
        var llama = new DecoderConfig
        {
            ModelType = type,
            VocabSize = 32000,
            HiddenSize = 4096,
            IntermediateSize = 11008,
            NumLayers = 32,
            NumHeads = 32,
            NumKeyValueHeads = 32,
            HeadDim = 128,
            MaxPositions = 2048,
            RmsNormEps = 1e-6,
        };
        return type switch
        {
            "llama" => llama,
            "mistral" => llama with { IntermediateSize = 14336, NumKeyValueHeads = 8, MaxPositions = 131072 },
            "qwen2" => llama with { VocabSize = 151936, IntermediateSize = 22016, MaxPositions = 32768 },
            _ => null,
        };
    }
}
