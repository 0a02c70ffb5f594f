using System.Text;
using Fovea.Core.Json;

namespace Fovea.Data.Tokenizers;

/// <summary>Reads the <c>pre_tokenizer</c> of a <c>tokenizer.json</c>.</summary>
internal static class WordStepReader
{
    private const string GptPattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    private static readonly InertKeys OfByteLevel = new("trim_offsets");
    private static readonly InertKeys OfMetaspace = new("str_rep");

    /// <summary>GPT-2's cutting into words.</summary>
    public static WordStep GptWords() => new SplitStep(new PatternFinder(new SplitPattern(GptPattern)), SplitBehavior.Isolated, false);

    /// <summary>The steps; null means the change into bytes.</summary>
    public static IEnumerable<WordStep?> Read(ForeignJson? fields) => fields?.Field("type").Text() switch
    {
        null => [],
        "Sequence" => fields.Field("pretokenizers").Items().SelectMany(Read),
        "Metaspace" => [ReadMetaspace(fields)],
        "ByteLevel" => ReadByteLevel(fields),
        "Split" => [new SplitStep(FinderOf(fields.Field("pattern")), BehaviorOf(fields.Field("behavior")), TokenizerJsonReader.Is(fields, "invert"))],
        "Digits" => [Cut(CharacterFinder.IsNumber, !TokenizerJsonReader.Is(fields, "individual_digits"), SplitBehavior.Isolated)],
        "Punctuation" => [Cut(CharacterFinder.IsPunctuation, false, fields.Optional("behavior") is { } b ? BehaviorOf(b) : SplitBehavior.Isolated)],
        "WhitespaceSplit" => [Cut(Rune.IsWhiteSpace, false, SplitBehavior.Removed)],
        "Whitespace" => [Cut(Rune.IsWhiteSpace, false, SplitBehavior.Removed), Cut(AddedTokens.IsWord, true, SplitBehavior.Isolated)],
        var other => throw TokenizerJsonReader.Unsupported(fields, $"pre_tokenizer {other}"),
    };

    private static SplitStep Cut(Func<Rune, bool> isOne, bool runs, SplitBehavior behavior) => new(new CharacterFinder(isOne, runs), behavior, false);

    private static MetaspaceStep ReadMetaspace(ForeignJson fields)
    {
        fields.Allow(OfMetaspace);
        return new MetaspaceStep(MetaspaceOf(fields), SchemeOf(fields), fields.Optional("split")?.Flag() ?? true);
    }

    private static IEnumerable<WordStep?> ReadByteLevel(ForeignJson fields)
    {
        fields.Allow(OfByteLevel);
        if (fields.Optional("add_prefix_space")?.Flag() ?? true)
        {
            yield return new PrefixSpaceStep();
        }

        if (fields.Optional("use_regex")?.Flag() ?? true)
        {
            yield return GptWords();
        }

        yield return null;
    }

    private static PatternFinder FinderOf(ForeignJson pattern) => new PatternFinder(
        pattern.Optional("Regex") is { } regex ? TokenizerJsonReader.Compile(regex)
            : new SplitPattern(System.Text.RegularExpressions.Regex.Escape(TokenizerJsonReader.Literal(pattern))));

    private static SplitBehavior BehaviorOf(ForeignJson fields) => fields.Text() switch
    {
        "Removed" => SplitBehavior.Removed,
        "Isolated" => SplitBehavior.Isolated,
        "MergedWithPrevious" => SplitBehavior.MergedWithPrevious,
        "MergedWithNext" => SplitBehavior.MergedWithNext,
        "Contiguous" => SplitBehavior.Contiguous,
        var other => throw TokenizerJsonReader.Unsupported(fields, $"the behavior {other}"),
    };

    public static string MetaspaceOf(ForeignJson fields) =>
        fields.Optional("replacement")?.Text() is not { } text
            ? "\u2581" : text.Length > 0 ? text : throw TokenizerJsonReader.Unsupported(fields, "an empty replacement");

    public static PrependScheme SchemeOf(ForeignJson fields)
    {
        var (named, flag) = (fields.Optional("prepend_scheme")?.Text(), fields.Optional("add_prefix_space")?.Flag());
        var scheme = (named ?? (flag == false ? "never" : "always")) switch
        {
            "first" => PrependScheme.First,
            "always" => PrependScheme.Always,
            "never" => PrependScheme.Never,
            var other => throw TokenizerJsonReader.Unsupported(fields, $"prepend_scheme {other}"),
        };
        return flag == false && scheme != PrependScheme.Never
            ? throw fields.Error($"add_prefix_space is false, but prepend_scheme is {named}; correct the file")
            : scheme;
    }
}
