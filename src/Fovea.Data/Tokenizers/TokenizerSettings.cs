using Fovea.Core.Json;

namespace Fovea.Data.Tokenizers;

/// <summary>
/// What the files beside a vocabulary say: <c>tokenizer_config.json</c>, and, where that has no <c>added_tokens_decoder</c>, the older
/// <c>special_tokens_map.json</c> and <c>added_tokens.json</c>.
/// </summary>
internal sealed record TokenizerSettings
{
    private static readonly string[] SingleNames = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    // What changes no id and no text: where files lie, how batches are padded and cut, chat templates (read elsewhere), settings of slow
    // decoding. Variants that are off.
    private static readonly InertKeys Inert = new("""
        model_max_length max_length max_len padding_side truncation_side padding truncation stride truncation_strategy pad_to_multiple_of pad_token_type_id
        chat_template default_chat_template use_default_system_prompt response_schema name_or_path _name_or_path special_tokens_map_file tokenizer_file vocab_file merges_file
        added_tokens_file processor_class feature_extractor_type image_processor_type auto_map model_type tokenizer_type backend is_local use_fast fast trust_remote_code
        transformers_version model_input_names return_token_type_ids return_tensors trim_offsets errors spaces_between_special_tokens
        bos_token_id eos_token_id pad_token_id unk_token_id image_token_id video_token audio_token boi_token eoi_token image_boundary_token patch_token
        __type from_slow=false sp_model_kwargs=null do_lower_case=false split_special_tokens=false
        """);

    private static readonly InertKeys OfClip = new("do_lower_case=true");

    // Of a token written as an object.
    private static readonly InertKeys OfToken = new("__type id lstrip rstrip normalized single_word special");

    private static readonly InertKeys OfMap = new("image_token video_token audio_token boi_token eoi_token image_boundary_token patch_token");

    /// <summary>Name -> token: <c>bos_token</c>, <c>image_token</c>, ...</summary>
    public Dictionary<string, string> Named { get; } = new(StringComparer.Ordinal);

    /// <summary>Special tokens that are named, with their flags.</summary>
    public List<AddedToken> Special { get; } = [];

    /// <summary>Tokens that are added at given ids.</summary>
    public List<AddedToken> Added { get; } = [];

    public string? Class { get; private set; }

    public bool? AddBos { get; private set; }

    public bool? AddEos { get; private set; }

    public bool? AddPrefixSpace { get; private set; }

    public bool CleansUp { get; private set; }

    public bool Legacy { get; set; } = true;

    /// <summary>The file at fault where settings are wrong.</summary>
    public required string File { get; init; }

    /// <summary>Whether the class is LLaMA's, which puts bos and eos itself.</summary>
    public bool IsLlama => Class is "LlamaTokenizer" or "LlamaTokenizerFast";

    public static TokenizerSettings Load(string folder)
    {
        var path = Path.Combine(folder, "tokenizer_config.json");
        var settings = new TokenizerSettings { File = path };
        if (!System.IO.File.Exists(path) || !ForeignJson.Read(path, settings.ReadConfig))
        {
            settings.ReadOlder(folder);
        }

        settings.Special.RemoveAll(t => t.Content.Length == 0);
        return settings;
    }

    /// <summary>Reads <c>tokenizer_config.json</c>; whether it lists the added tokens too.</summary>
    private bool ReadConfig(ForeignJson config)
    {
        config.Allow(Inert);
        Class = config.Optional("tokenizer_class")?.Text();
        if (Class is "CLIPTokenizer" or "CLIPTokenizerFast")
        {
            config.Allow(OfClip);
        }

        AddBos = config.Optional("add_bos_token")?.Flag() ?? (IsLlama && config.IsNull("add_bos_token") ? false : null);
        AddEos = config.Optional("add_eos_token")?.Flag();
        AddPrefixSpace = config.Optional("add_prefix_space")?.Flag();
        CleansUp = config.Optional("clean_up_tokenization_spaces")?.Flag() ?? false;
        Legacy = config.Optional("legacy")?.Flag() ?? true;
        ReadNames(config);
        if (config.Optional("image_token") is { } image)
        {
            Named["image_token"] = ContentOf(image);
        }

        ReadExtra(config.Optional("extra_special_tokens"));
        ReadExtra(config.Optional("model_specific_special_tokens"));
        if (config.Optional("added_tokens_decoder") is not { } added)
        {
            return false;
        }

        Added.AddRange(added.Require(JsonValueKind.Object).Keys().Select(name => ReadAdded(added, name)).OrderBy(t => t.Id));
        return true;
    }

    private void ReadExtra(ForeignJson? extra)
    {
        if (extra?.Element.ValueKind == JsonValueKind.Array)
        {
            Special.AddRange(extra.Items().Select(SpecialOf));
        }
        else if (extra is not null)
        {
            foreach (var name in extra.Require(JsonValueKind.Object).Keys())
            {
                Name(name, extra.Field(name));
            }
        }
    }

    private void ReadNames(ForeignJson fields)
    {
        foreach (var name in SingleNames)
        {
            if (fields.Optional(name) is { } token)
            {
                Name(name, token);
            }
        }

        Special.AddRange((fields.Optional("additional_special_tokens")?.Items() ?? []).Select(SpecialOf));
    }

    private void ReadOlder(string folder)
    {
        var map = Path.Combine(folder, "special_tokens_map.json");
        if (System.IO.File.Exists(map))
        {
            ForeignJson.Read(map, fields =>
            {
                fields.Allow(OfMap);
                ReadNames(fields);
                return true;
            });
        }

        var file = Path.Combine(folder, "added_tokens.json");
        if (System.IO.File.Exists(file))
        {
            Added.AddRange(ForeignJson.Read(file, added => added.Require(JsonValueKind.Object).Keys().Select(content =>
            {
                var special = Special.Exists(t => t.Content == content);
                return new AddedToken(IdOf(added.Field(content), added.Field(content).WholeNumber()), content, false, false, false, !special, special);
            }).OrderBy(t => t.Id).ToList()));
        }
    }

    private void Name(string name, ForeignJson token)
    {
        Named[name] = ContentOf(token);
        Special.RemoveAll(t => t.Content == Named[name]);
        Special.Add(SpecialOf(token));
    }

    private static string ContentOf(ForeignJson token)
    {
        if (token.Element.ValueKind != JsonValueKind.Object)
        {
            return token.Text();
        }

        token.Allow(OfToken);
        return token.Field("content").Text();
    }

    private static AddedToken SpecialOf(ForeignJson token) =>
        token.Element.ValueKind == JsonValueKind.Object ? Flags(token, -1, special: true, normalized: false)
            : new AddedToken(-1, token.Text(), false, false, false, false, true);

    private static AddedToken ReadAdded(ForeignJson fields, string id)
    {
        var token = fields.Field(id);
        return int.TryParse(id, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)
            ? Flags(token, IdOf(token, number), special: false, normalized: true)
            : throw token.Error("expected an id as the key");
    }

    private static int IdOf(ForeignJson at, int id) =>
        id is >= 0 and < TokenizerJsonReader.LargestVocabulary ? id : throw at.Error($"expected an id from 0 to {TokenizerJsonReader.LargestVocabulary - 1}");

    // Absent flags are those of Python's AddedToken: normalized unless special.
    private static AddedToken Flags(ForeignJson t, int id, bool special, bool normalized)
    {
        t.Allow(OfToken);
        special = t.Optional("special")?.Flag() ?? special;
        return new AddedToken(
            id, t.Field("content").Text(), TokenizerJsonReader.Is(t, "single_word"), TokenizerJsonReader.Is(t, "lstrip"), TokenizerJsonReader.Is(t, "rstrip"),
            t.Optional("normalized")?.Flag() ?? (normalized && !special), special);
    }
}
