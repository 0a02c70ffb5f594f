using System.Text;
using Fovea.Core.Json;

namespace Fovea.Data.Tokenizers;

/// <summary>Reads a <c>tokenizer.json</c>; what it asks for and is not supported is an error that names it.</summary>
internal static class TokenizerJsonReader
{
    /// <summary>Largest id + 1 that a file may name.</summary>
    public const int LargestVocabulary = 1 << 24;

    /// <summary>Most normalizing, cutting or decoding steps: published tokenizers have up to some thirty.</summary>
    public const int MostSteps = 256;

    // Most that the replacements of a decoder may together lengthen a text.
    private const double MostGrowth = 64;

    // Transformers sets padding and truncation anew at each call.
    private static readonly InertKeys Inert = new("version truncation padding");

    // What moves offsets only, or what one class of step has from another.
    private static readonly InertKeys OfByteLevel = new("add_prefix_space trim_offsets use_regex");
    private static readonly InertKeys OfTemplate = new("pair");
    private static readonly InertKeys OfPiece = new("type_id");
    private static readonly InertKeys OfSpecialToken = new("id tokens");
    private static readonly InertKeys OfMetaspace = new("split str_rep");

    public static TokenizerDefinition Load(string path) => ForeignJson.Read(path, Read);

    private static TokenizerDefinition Read(ForeignJson root)
    {
        root.Allow(Inert);
        var words = WordStepReader.Read(root.Optional("pre_tokenizer")).ToList();
        var byteLevel = words.IndexOf(null);
        if (byteLevel >= 0 && byteLevel < words.Count - 1)
        {
            throw Unsupported(root.Field("pre_tokenizer"), "a pre_tokenizer behind ByteLevel");
        }

        var (prefix, suffix) = ReadPostProcessor(root.Optional("post_processor"));
        var decoder = root.Optional("decoder") is { } steps ? ReadDecoders(steps).ToList() : null;
        var model = root.Field("model");
        if (decoder is [DecodeByteLevel] && model.Optional("end_of_word_suffix")?.Text() is { Length: > 0 } ends)
        {
            decoder.AddRange([new DecodeReplace(ends, " "), new DecodeTrim()]);      // what Transformers' CLIPTokenizer puts behind the library's decoding
        }

        List<TextStep> normalizers = [.. ReadNormalizers(root.Optional("normalizer"))];
        CheckSteps(root, normalizers.Count, words.Count, decoder);
        return new TokenizerDefinition
        {
            Model = TokenModelReader.Read(model, byteLevel >= 0),
            Added = [.. (root.Optional("added_tokens")?.Items() ?? []).Select(ReadAdded)],
            Normalizers = normalizers,
            Words = [.. words.OfType<WordStep>()],
            Prefix = prefix,
            Suffix = suffix,
            Decoder = decoder,
        };
    }

    private static void CheckSteps(ForeignJson root, int normalizers, int words, List<DecodeStep>? decoder)
    {
        foreach (var (name, count) in new[] { ("normalizer", normalizers), ("pre_tokenizer", words), ("decoder", decoder?.Count ?? 0) })
        {
            if (count > MostSteps)
            {
                throw root.Field(name).Error($"{count} steps; expected at most {MostSteps}");
            }
        }

        if ((decoder ?? []).OfType<DecodeReplace>().Aggregate(1.0,
            (growth, d) => growth * Math.Max(1, (double)d.Content.Length / d.Pattern.Length)) > MostGrowth)
        {
            throw root.Field("decoder").Error($"its replacements together make a text more than {MostGrowth} times as long, which is not supported");
        }
    }

    public static InvalidInputException Unsupported(ForeignJson at, string what) => at.Error($"{what} is not supported");

    public static bool Is(ForeignJson fields, string name) => fields.Optional(name)?.Flag() ?? false;

    private static AddedToken ReadAdded(ForeignJson t) => new(
        t.Field("id").WholeNumber() is >= 0 and < LargestVocabulary and var id ? id : throw t.Field("id").Expected($"an id from 0 to {LargestVocabulary - 1}"),
        t.Field("content").Text(), Is(t, "single_word"), Is(t, "lstrip"), Is(t, "rstrip"), Is(t, "normalized"), Is(t, "special"));

    private static IEnumerable<TextStep> ReadNormalizers(ForeignJson? fields) => fields?.Field("type").Text() switch
    {
        null => [],
        "Sequence" => fields.Field("normalizers").Items().SelectMany(ReadNormalizers),
        "Prepend" => [new PrependStep(fields.Field("prepend").Text())],
        "Replace" => [ReadReplace(fields)],
        "Lowercase" => [new LowercaseStep()],
        "Strip" => [new StripStep(fields.Optional("strip_left")?.Flag() ?? true, fields.Optional("strip_right")?.Flag() ?? true)],
        "NFC" => [new UnicodeFormStep(NormalizationForm.FormC)],
        "NFD" => [new UnicodeFormStep(NormalizationForm.FormD)],
        "NFKC" => [new UnicodeFormStep(NormalizationForm.FormKC)],
        "NFKD" => [new UnicodeFormStep(NormalizationForm.FormKD)],
        var other => throw Unsupported(fields, $"normalizer {other}"),
    };

    private static TextStep ReadReplace(ForeignJson replace)
    {
        var pattern = replace.Field("pattern");
        var content = replace.Field("content").Text();
        return pattern.Optional("Regex") is { } regex ? new ReplaceMatchesStep(Compile(regex), content) : new ReplaceStep(Literal(pattern), content);
    }

    public static string Literal(ForeignJson pattern) =>
        pattern.Optional("String")?.Text() is { Length: > 0 } literal ? literal : throw Unsupported(pattern, "a pattern that is no plain text");

    public static SplitPattern Compile(ForeignJson regex)
    {
        try
        {
            return new SplitPattern(regex.Text());
        }
        catch (FormatException e)
        {
            throw regex.Error($"the regular expression is not supported: {e.Message}");
        }
    }

    private static (int[] Prefix, int[] Suffix) ReadPostProcessor(ForeignJson? fields)
    {
        switch (fields?.Field("type").Text())
        {
            case null:
                return ([], []);
            case "ByteLevel":
                fields.Allow(OfByteLevel);
                return ([], []);
            case "TemplateProcessing":
                return ReadTemplate(fields);
            case "RobertaProcessing" or "BertProcessing":
                fields.Allow(OfByteLevel);
                return ([SpecialId(fields.Field("cls"))], [SpecialId(fields.Field("sep"))]);
            case "Sequence":
                var parts = fields.Field("processors").Items().Select(ReadPostProcessor).ToList();
                return ([.. parts.AsEnumerable().Reverse().SelectMany(p => p.Prefix)], [.. parts.SelectMany(p => p.Suffix)]);
            case var other:
                throw Unsupported(fields, $"post_processor {other}");
        }
    }

    private static int SpecialId(ForeignJson pair) => pair.Items().ToList() is [_, var id] ? id.WholeNumber() : throw pair.Expected("a token and its id");

    private static (int[] Prefix, int[] Suffix) ReadTemplate(ForeignJson fields)
    {
        fields.Allow(OfTemplate);
        var ids = new List<int>();
        int? text = null;
        foreach (var piece in fields.Field("single").Items())
        {
            if (piece.Optional("Sequence") is not null)
            {
                text = text is null ? ids.Count : throw Unsupported(piece, "a template with two sequences");
                continue;
            }

            var special = piece.Field("SpecialToken");
            special.Allow(OfPiece);
            var token = fields.Field("special_tokens").Field(special.Field("id").Text());
            token.Allow(OfSpecialToken);
            ids.AddRange(token.Field("ids").Items().Select(i => i.WholeNumber()));
        }

        var split = text ?? throw Unsupported(fields, "a template without a sequence");
        return ([.. ids[..split]], [.. ids[split..]]);
    }

    private static IEnumerable<DecodeStep> ReadDecoders(ForeignJson fields) => fields.Field("type").Text() switch
    {
        "Sequence" => fields.Field("decoders").Items().SelectMany(ReadDecoders),
        "Replace" => [new DecodeReplace(Literal(fields.Field("pattern")), fields.Field("content").Text())],
        "ByteFallback" => [new DecodeBytes()],
        "ByteLevel" => ReadByteLevelDecoder(fields),
        "Fuse" => [new DecodeFuse()],
        "Metaspace" => ReadMetaspaceDecoder(fields),
        "BPEDecoder" => [new DecodeWordEnds(fields.Optional("suffix")?.Text() ?? "</w>")],
        "Strip" when fields.Field("content").Text() is { Length: 1 } content =>
            [new DecodeStrip(content[0], fields.Field("start").WholeNumber(), fields.Field("stop").WholeNumber())],
        var other => throw Unsupported(fields, $"decoder {other}"),
    };

    private static DecodeStep[] ReadByteLevelDecoder(ForeignJson fields)
    {
        fields.Allow(OfByteLevel);
        return [new DecodeByteLevel()];
    }

    private static DecodeStep[] ReadMetaspaceDecoder(ForeignJson fields)
    {
        fields.Allow(OfMetaspace);
        return [new DecodeMetaspace(WordStepReader.MetaspaceOf(fields), WordStepReader.SchemeOf(fields) != PrependScheme.Never)];
    }
}
