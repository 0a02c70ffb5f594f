using System.Text.Json;
using Fovea.Data.Json;

namespace Fovea.Data.Tokenizers;

/// <summary>
/// What the files beside a vocabulary say: <c>tokenizer_config.json</c>, and, where that has no <c>added_tokens_decoder</c>, the older
/// <c>special_tokens_map.json</c> and <c>added_tokens.json</c>.
/// </summary>
internal sealed record TokenizerSettings
{
    private static readonly string[] SingleNames = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

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

    /// <summary>Reads those of a folder.</summary>
    public static TokenizerSettings Load(string folder)
    {
        var path = Path.Combine(folder, "tokenizer_config.json");
        var settings = new TokenizerSettings { File = path };
        var config = System.IO.File.Exists(path) ? JsonFields.OpenFile(path) : null;
        if (config is not null)
        {
            settings.ReadConfig(config);
        }

        if (config?.Optional("added_tokens_decoder") is { } added)
        {
            settings.Added.AddRange(Names(added).Select(name => ReadAdded(added, name)).OrderBy(t => t.Id));
        }
        else
        {
            settings.ReadOlder(folder);
        }

        settings.Special.RemoveAll(t => t.Content.Length == 0);
        return settings;
    }

    private void ReadConfig(JsonFields config)
    {
        Class = config.Optional("tokenizer_class")?.Text();
        AddBos = config.Optional("add_bos_token")?.Flag();
        AddEos = config.Optional("add_eos_token")?.Flag();
        AddPrefixSpace = config.Optional("add_prefix_space")?.Flag();
        CleansUp = config.Optional("clean_up_tokenization_spaces")?.Flag() ?? false;
        Legacy = config.Optional("legacy")?.Flag() ?? true;
        ReadNames(config);
        if (config.Optional("image_token") is { } image)
        {
            Named["image_token"] = ContentOf(image);
        }

        var extra = config.Optional("extra_special_tokens");
        if (extra?.Element.ValueKind == JsonValueKind.Array)
        {
            Special.AddRange(extra.Items().Select(SpecialOf));
        }
        else if (extra is not null)
        {
            foreach (var name in Names(extra))
            {
                Name(name, extra.Field(name));
            }
        }
    }

    private void ReadNames(JsonFields fields)
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
            ReadNames(JsonFields.OpenFile(map));
        }

        var file = Path.Combine(folder, "added_tokens.json");
        if (System.IO.File.Exists(file))
        {
            var added = JsonFields.OpenFile(file);
            Added.AddRange(Names(added).Select(content =>
            {
                var special = Special.Exists(t => t.Content == content);
                return new AddedToken(IdOf(added.Field(content), added.Field(content).Integer()), content, false, false, false, !special, special);
            }).OrderBy(t => t.Id));
        }
    }

    private void Name(string name, JsonFields token)
    {
        Named[name] = ContentOf(token);
        Special.RemoveAll(t => t.Content == Named[name]);
        Special.Add(SpecialOf(token));
    }

    private static List<string> Names(JsonFields fields)
    {
        try
        {
            return [.. fields.Require(JsonValueKind.Object).Element.EnumerateObject().Select(p => p.Name)];
        }
        catch (InvalidOperationException)
        {
            throw fields.Error("a key is not valid Unicode (half of a surrogate pair)");
        }
    }

    private static string ContentOf(JsonFields token) => token.Element.ValueKind == JsonValueKind.Object ? token.Field("content").Text() : token.Text();

    private static AddedToken SpecialOf(JsonFields token) =>
        token.Element.ValueKind == JsonValueKind.Object ? Flags(token, -1, special: true, normalized: false) : new AddedToken(-1, token.Text(), false, false, false, false, true);

    private static AddedToken ReadAdded(JsonFields fields, string id)
    {
        var token = fields.Field(id);
        return int.TryParse(id, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)
            ? Flags(token, IdOf(token, number), special: false, normalized: true)
            : throw token.Error("expected an id as the key");
    }

    private static int IdOf(JsonFields at, int id) =>
        id is >= 0 and < TokenizerJsonReader.LargestVocabulary ? id : throw at.Error($"expected an id from 0 to {TokenizerJsonReader.LargestVocabulary - 1}");

    // Absent flags are those of Python's AddedToken: normalized unless special.
    private static AddedToken Flags(JsonFields t, int id, bool special, bool normalized)
    {
        special = t.Optional("special")?.Flag() ?? special;
        return new AddedToken(
            id, t.Field("content").Text(), TokenizerJsonReader.Is(t, "single_word"), TokenizerJsonReader.Is(t, "lstrip"), TokenizerJsonReader.Is(t, "rstrip"),
            t.Optional("normalized")?.Flag() ?? (normalized && !special), special);
    }
}
