using System.Text;
using Fovea.Core.Json;

namespace Fovea.Data.Tokenizers;

/// <summary>
/// Makes a tokenizer of <c>vocab.json</c> and <c>merges.txt</c>, whose steps are those that Transformers' classes build: GPT-2's, CLIP's or Qwen2's.
/// </summary>
internal static class VocabularyReader
{
    private const string QwenPattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string ClipPattern = @"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";
    private const string End = "<|endoftext|>";
    private const string Start = "<|startoftext|>";

    public static TokenizerDefinition Load(string vocab, string merges, TokenizerSettings settings)
    {
        var vocabulary = TokenModelReader.ReadVocabulary(ForeignJson.Open(vocab));
        var family = FamilyOf(Path.GetDirectoryName(Path.GetFullPath(vocab))!, vocabulary, settings);
        var pairs = TokenModelReader.Merges(Pairs(merges), vocabulary, "",
            (line, message) => new InvalidInputException(merges, null, $"line {line}: {message}"));
        if (family == "clip" && !vocabulary.ContainsKey(End))
        {
            throw new InvalidInputException(vocab, null, $"\"{End}\" is missing: expected CLIP's vocabulary");
        }

        int? unknown = vocabulary.TryGetValue(End, out var end) && family != "qwen2" ? end : null;
        var model = new BpeModel(vocabulary, pairs, new BpeOptions(unknown, false, false, false, ByteLevel: true, EndSuffix: family == "clip" ? "</w>" : ""));
        var definition = Defaults(settings, family).Aggregate(
            new TokenizerDefinition { Model = model, Added = [], Decoder = [new DecodeByteLevel()] }, (d, t) => AddNamed(d, t));
        return family switch
        {
            "gpt2" => definition with { Words = [WordStepReader.GptWords()] },
            "qwen2" => definition with { Normalizers = [new UnicodeFormStep(NormalizationForm.FormC)], Words = [Cut(QwenPattern, SplitBehavior.Isolated, false)] },
            _ => definition with
            {
                Normalizers = [new UnicodeFormStep(NormalizationForm.FormC), new ReplaceMatchesStep(new SplitPattern(@"\s+"), " "), new LowercaseStep()],
                Words = [Cut(ClipPattern, SplitBehavior.Removed, true), WordStepReader.GptWords()],
                Prefix = vocabulary.TryGetValue(Start, out var start)
                    ? [start] : throw new InvalidInputException(vocab, null, $"\"{Start}\" is missing: expected CLIP's vocabulary"),
                Suffix = [end],
                Decoder = [new DecodeByteLevel(), new DecodeReplace("</w>", " "), new DecodeTrim()],
            },
        };
    }

    private static SplitStep Cut(string pattern, SplitBehavior behavior, bool inverted) =>
        new(new PatternFinder(new SplitPattern(pattern)), behavior, inverted);

    // Special tokens that the class names where no file does.
    private static IEnumerable<string> Defaults(TokenizerSettings settings, string family)
    {
        foreach (var (name, token) in family switch
        {
            "gpt2" => (List<(string, string)>)[("bos_token", End), ("eos_token", End), ("unk_token", End)],
            "qwen2" => [("eos_token", End), ("pad_token", End)],
            _ => [("bos_token", Start), ("eos_token", End), ("unk_token", End), ("pad_token", End)],
        })
        {
            settings.Named.TryAdd(name, token);
            yield return token;
        }
    }

    private static TokenizerDefinition AddNamed(TokenizerDefinition definition, string content)
    {
        if (definition.Added.Any(t => t.Content == content) || !definition.Model.Vocabulary.TryGetValue(content, out var id))
        {
            return definition;
        }

        return definition with { Added = [.. definition.Added, new AddedToken(id, content, false, false, false, false, true)] };
    }

    private static string FamilyOf(string folder, Dictionary<string, int> vocabulary, TokenizerSettings settings)
    {
        var config = Path.Combine(folder, DecisiveFiles.Config);
        var name = settings.Class ?? (File.Exists(config) ? ForeignJson.Open(config).Optional("model_type")?.Text() : null);
        return name switch
        {
            "GPT2Tokenizer" or "GPT2TokenizerFast" or "gpt2" => "gpt2",
            "Qwen2Tokenizer" or "Qwen2TokenizerFast" or "qwen2" or "qwen2_vl" or "qwen2_5_vl" => "qwen2",
            "CLIPTokenizer" or "CLIPTokenizerFast" or "clip" => "clip",
            null => vocabulary.Keys.Any(t => t.EndsWith("</w>", StringComparison.Ordinal)) ? "clip" : "gpt2",
            _ => throw new InvalidInputException(settings.Class is null ? config : settings.File, null,
                $"vocab.json and merges.txt of {name} are not supported; supported are GPT2Tokenizer, CLIPTokenizer and Qwen2Tokenizer, and any "
                    + $"tokenizer.json"),
        };
    }

    // The first line is a header; any other that begins with # is a merge.
    private static IEnumerable<(int Place, string Left, string Right)> Pairs(string path)
    {
        var number = 0;
        foreach (var line in Lines(path))
        {
            number++;
            if (line.Length == 0 || (number == 1 && line.StartsWith("#version", StringComparison.Ordinal)))
            {
                continue;
            }

            var parts = line.Split(' ');
            yield return parts.Length == 2 ? (number, parts[0], parts[1])
                : throw new InvalidInputException(path, null, $"line {number}: expected two parts, got {parts.Length}");
        }
    }

    private static string[] Lines(string path)
    {
        try
        {
            var text = RegularFile.ReadAllText(path, RegularFile.MaxTokenizer);
            return WrongContent.Describe(Encoding.UTF8.GetBytes(text[..Math.Min(text.Length, 64)])) is { } instead
                ? throw new InvalidInputException(path, null, instead)
                : [.. text.Split('\n').Select(l => l.TrimEnd('\r'))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(path, null, $"cannot be read: {e.Message}", e);
        }
    }
}
