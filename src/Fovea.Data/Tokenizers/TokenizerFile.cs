using System.Text.Json;
using Fovea.Core.Errors;
using Fovea.Data.Json;

namespace Fovea.Data.Tokenizers;

/// <summary>What a <c>tokenizer.json</c> asks for, as far as it is supported; anything else is an error that names it.</summary>
internal sealed record TokenizerFile(
    BpeModel Model, IReadOnlyList<AddedToken> Added, IReadOnlyList<TextStep> Normalizers, MetaspaceStep? Metaspace,
    IReadOnlyList<int> Prefix, IReadOnlyList<int> Suffix, IReadOnlyList<DecodeStep>? Decoder)
{
    private const int LargestVocabulary = 1 << 24;

    /// <summary>Reads the file.</summary>
    public static TokenizerFile Load(string path)
    {
        var root = JsonFields.OpenFile(path);
        var (prefix, suffix) = ReadPostProcessor(root.Optional("post_processor"));
        return new TokenizerFile(
            ReadModel(root.Field("model")),
            [.. (root.Optional("added_tokens")?.Items() ?? []).Select(ReadAdded)],
            [.. ReadNormalizers(root.Optional("normalizer"))],
            ReadPreTokenizer(root.Optional("pre_tokenizer")),
            prefix, suffix,
            root.Optional("decoder") is { } decoder ? [.. ReadDecoders(decoder)] : null);
    }

    private static InvalidInputException Unsupported(JsonFields at, string what) =>
        at.Error($"{what} is not supported; supported are LLaMA's and Mistral's forms (BPE with byte fallback, Prepend and Replace normalizers, Metaspace)");

    private static BpeModel ReadModel(JsonFields model)
    {
        var type = model.Optional("type")?.Text() ?? "BPE";
        if (type != "BPE")
        {
            throw Unsupported(model, $"model type {type}");
        }

        foreach (var name in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (model.Optional(name) is { } affix && affix.Text().Length > 0)
            {
                throw Unsupported(affix, $"{name} \"{affix.Text()}\"");
            }
        }

        if (model.Optional("dropout") is { } dropout && dropout.Number() != 0)
        {
            throw Unsupported(dropout, "BPE dropout");
        }

        var vocabulary = ReadVocabulary(model.Field("vocab"));
        int? unknown = model.Optional("unk_token") is { } token
            ? vocabulary.TryGetValue(token.Text(), out var id) ? id : throw token.Error($"\"{token.Text()}\" is not in the vocabulary")
            : null;
        return new BpeModel(vocabulary, ReadMerges(model.Field("merges"), vocabulary), new BpeOptions(
            unknown, Is(model, "fuse_unk"), Is(model, "byte_fallback"), Is(model, "ignore_merges")));
    }

    private static bool Is(JsonFields fields, string name) => fields.Optional(name)?.Flag() ?? false;

    private static Dictionary<string, int> ReadVocabulary(JsonFields fields)
    {
        fields.Require(JsonValueKind.Object);
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var entry in fields.Element.EnumerateObject())
        {
            if (entry.Value.ValueKind != JsonValueKind.Number || !entry.Value.TryGetInt32(out var id) || id is < 0 or >= LargestVocabulary)
            {
                throw fields.Error($"the id of \"{entry.Name}\": expected a whole number from 0 to {LargestVocabulary - 1}, got {entry.Value.GetRawText()}");
            }

            vocabulary[entry.Name] = id;
        }

        return vocabulary.Count > 0 ? vocabulary : throw fields.Error("the vocabulary is empty");
    }

    private static Dictionary<(int Left, int Right), (int Rank, int Id)> ReadMerges(JsonFields fields, Dictionary<string, int> vocabulary)
    {
        var merges = new Dictionary<(int Left, int Right), (int Rank, int Id)>();
        var rank = 0;
        foreach (var merge in fields.Items())
        {
            string[] parts = merge.Element.ValueKind == JsonValueKind.String ? merge.Text().Split(' ') : [.. merge.Items().Select(p => p.Text())];
            if (parts.Length != 2)
            {
                throw merge.Error($"expected two parts, got {parts.Length}");
            }

            if (!vocabulary.TryGetValue(parts[0], out var left) || !vocabulary.TryGetValue(parts[1], out var right)
                || !vocabulary.TryGetValue(parts[0] + parts[1], out var id))
            {
                throw merge.Error($"\"{parts[0]}\" + \"{parts[1]}\": a part or the result is not in the vocabulary");
            }

            merges[(left, right)] = (rank++, id);
        }

        return merges;
    }

    private static AddedToken ReadAdded(JsonFields t) => new(
        t.Field("id").Integer() is >= 0 and < LargestVocabulary and var id ? id : throw t.Field("id").Expected($"an id from 0 to {LargestVocabulary - 1}"),
        t.Field("content").Text(), Is(t, "single_word"), Is(t, "lstrip"), Is(t, "rstrip"), Is(t, "normalized"), Is(t, "special"));

    private static IEnumerable<TextStep> ReadNormalizers(JsonFields? fields) => fields?.Field("type").Text() switch
    {
        null => [],
        "Sequence" => fields.Field("normalizers").Items().SelectMany(ReadNormalizers),
        "Prepend" => [new PrependStep(fields.Field("prepend").Text())],
        "Replace" => [new ReplaceStep(LiteralPattern(fields), fields.Field("content").Text())],
        var other => throw Unsupported(fields, $"normalizer {other}"),
    };

    private static string LiteralPattern(JsonFields replace)
    {
        var pattern = replace.Field("pattern");
        return pattern.Optional("String")?.Text() is { Length: > 0 } literal ? literal : throw Unsupported(pattern, "a Replace pattern that is no plain text");
    }

    private static MetaspaceStep? ReadPreTokenizer(JsonFields? fields)
    {
        if (fields is null)
        {
            return null;
        }

        if (fields.Field("type").Text() is var type && type != "Metaspace")
        {
            throw Unsupported(fields, $"pre_tokenizer {type}");
        }

        var scheme = fields.Optional("prepend_scheme")?.Text() ?? (fields.Optional("add_prefix_space")?.Flag() == false ? "never" : "always");
        return new MetaspaceStep(fields.Optional("replacement")?.Text() ?? "\u2581", scheme switch
        {
            "first" => PrependScheme.First,
            "always" => PrependScheme.Always,
            "never" => PrependScheme.Never,
            _ => throw Unsupported(fields, $"prepend_scheme {scheme}"),
        }, fields.Optional("split")?.Flag() ?? true);
    }

    private static (int[] Prefix, int[] Suffix) ReadPostProcessor(JsonFields? fields)
    {
        if (fields is null)
        {
            return ([], []);
        }

        if (fields.Field("type").Text() is var type && type != "TemplateProcessing")
        {
            throw Unsupported(fields, $"post_processor {type}");
        }

        var ids = new List<int>();
        int? text = null;
        foreach (var piece in fields.Field("single").Items())
        {
            if (piece.Optional("Sequence") is not null)
            {
                text = text is null ? ids.Count : throw Unsupported(piece, "a template with two sequences");
                continue;
            }

            var name = piece.Field("SpecialToken").Field("id").Text();
            ids.AddRange(fields.Field("special_tokens").Field(name).Field("ids").Items().Select(i => i.Integer()));
        }

        var split = text ?? throw Unsupported(fields, "a template without a sequence");
        return ([.. ids[..split]], [.. ids[split..]]);
    }

    private static IEnumerable<DecodeStep> ReadDecoders(JsonFields fields) => fields.Field("type").Text() switch
    {
        "Sequence" => fields.Field("decoders").Items().SelectMany(ReadDecoders),
        "Replace" => [new DecodeReplace(LiteralPattern(fields), fields.Field("content").Text())],
        "ByteFallback" => [new DecodeBytes()],
        "Fuse" => [new DecodeFuse()],
        "Strip" when fields.Field("content").Text() is { Length: 1 } content => [new DecodeStrip(content[0], fields.Field("start").Integer(), fields.Field("stop").Integer())],
        var other => throw Unsupported(fields, $"decoder {other}"),
    };
}
