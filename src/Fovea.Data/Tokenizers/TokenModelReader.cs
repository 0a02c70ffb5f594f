using Fovea.Core.Json;

namespace Fovea.Data.Tokenizers;

/// <summary>Reads the <c>model</c> of a <c>tokenizer.json</c>.</summary>
internal static class TokenModelReader
{
    // The largest published tokenizers have some 600,000.
    private const int MostMerges = 1 << 20;

    public static TokenModel Read(ForeignJson model, bool byteLevel)
    {
        var type = model.Optional("type")?.Text() ?? "BPE";
        return type switch
        {
            "BPE" => ReadBpe(model, byteLevel),
            "Unigram" when !byteLevel => ReadUnigram(model),
            "Unigram" => throw TokenizerJsonReader.Unsupported(model, "a unigram model of bytes"),
            _ => throw TokenizerJsonReader.Unsupported(model, $"model type {type}"),
        };
    }

    /// <summary>Reads pairs of parts as merges, in order of rank.</summary>
    /// <param name="merges">Each pair, with its place for a message.</param>
    /// <param name="vocabulary">All tokens.</param>
    /// <param name="continuingPrefix">What the right part and the result have in front of the right part's text, unless the word begins there.</param>
    /// <param name="error">Makes the error of a place and a message.</param>
    public static BpeMerges Merges(
        IEnumerable<(int Place, string Left, string Right)> merges, Dictionary<string, int> vocabulary, string continuingPrefix,
            Func<int, string, Exception> error)
    {
        var pairs = new Dictionary<(int Left, int Right), (int Rank, int Id)>();
        var rank = 0;
        foreach (var (place, left, right) in merges)
        {
            var joined = left + (right.StartsWith(continuingPrefix, StringComparison.Ordinal) ? right[continuingPrefix.Length..] : right);
            if (!vocabulary.TryGetValue(left, out var leftId) || !vocabulary.TryGetValue(right, out var rightId) || !vocabulary.TryGetValue(joined, out var id))
            {
                throw error(place, $"\"{left}\" + \"{right}\": a part or the result is not in the vocabulary");
            }

            pairs[(leftId, rightId)] = (rank++, id);
        }

        return new BpeMerges(pairs);
    }

    private static BpeModel ReadBpe(ForeignJson model, bool byteLevel)
    {
        if (model.Optional("dropout") is { } dropout && dropout.Number() != 0)
        {
            throw TokenizerJsonReader.Unsupported(dropout, "BPE dropout");
        }

        var vocabulary = ReadVocabulary(model.Field("vocab"));
        int? unknown = model.Optional("unk_token") is { } token
            ? vocabulary.TryGetValue(token.Text(), out var id) ? id : throw token.Error($"\"{token.Text()}\" is not in the vocabulary")
            : null;
        var prefix = model.Optional("continuing_subword_prefix")?.Text() ?? "";
        var merges = model.Field("merges");
        if (merges.Require(JsonValueKind.Array).Element.GetArrayLength() is > MostMerges and var count)
        {
            throw merges.Error($"{count} merges; expected at most {MostMerges}");
        }

        return new BpeModel(vocabulary, Merges(Pairs(merges), vocabulary, prefix, (i, message) => merges.Error($"[{i}]: {message}")), new BpeOptions(
            unknown, TokenizerJsonReader.Is(model, "fuse_unk"), TokenizerJsonReader.Is(model, "byte_fallback"), TokenizerJsonReader.Is(model, "ignore_merges"),
            byteLevel, prefix, model.Optional("end_of_word_suffix")?.Text() ?? ""));
    }

    private static IEnumerable<(int Place, string Left, string Right)> Pairs(ForeignJson merges)
    {
        var place = 0;
        foreach (var merge in merges.Element.EnumerateArray())
        {
            string[] parts = merge.ValueKind switch
            {
                JsonValueKind.String => merge.GetString()!.Split(' '),
                JsonValueKind.Array when merge.GetArrayLength() == 2 && merge[0].ValueKind == JsonValueKind.String
                    && merge[1].ValueKind == JsonValueKind.String =>
                    [merge[0].GetString()!, merge[1].GetString()!],
                _ => throw merges.Error($"[{place}]: expected two parts, got {merge.ValueKind}"),
            };
            yield return parts.Length == 2 ? (place++, parts[0], parts[1]) : throw merges.Error($"[{place}]: expected two parts, got {parts.Length}");
        }
    }

    public static Dictionary<string, int> ReadVocabulary(ForeignJson fields)
    {
        fields.Require(JsonValueKind.Object);
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        var ids = new HashSet<int>();
        foreach (var entry in fields.Element.EnumerateObject())
        {
            if (entry.Value.ValueKind != JsonValueKind.Number || !entry.Value.TryGetInt32(out var id) || id is < 0 or >= TokenizerJsonReader.LargestVocabulary)
            {
                throw fields.Error($"the id of \"{entry.Name}\": expected a whole number from 0 to {TokenizerJsonReader.LargestVocabulary - 1}, "
                    + $"got {entry.Value.GetRawText()}");
            }

            vocabulary[entry.Name] = ids.Add(id) ? id : throw fields.Error($"two tokens have the id {id}, \"{entry.Name}\" and another");
        }

        return vocabulary.Count > 0 ? vocabulary : throw fields.Error("the vocabulary is empty");
    }

    private static UnigramModel ReadUnigram(ForeignJson model)
    {
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        var pieces = new List<(string Text, int Id, double Score)>();
        foreach (var entry in model.Field("vocab").Items())
        {
            if (entry.Items().ToList() is not [var text, var score])
            {
                throw entry.Expected("a token and its score");
            }

            if (!vocabulary.TryAdd(text.Text(), pieces.Count))
            {
                throw entry.Error($"\"{text.Text()}\" is in the vocabulary twice");
            }

            pieces.Add((text.Text(), pieces.Count, score.Number()));
        }

        if (pieces.Count == 0)
        {
            throw model.Error("the vocabulary is empty");
        }

        int? unknown = model.Optional("unk_id")?.WholeNumber();
        return unknown is null || (unknown >= 0 && unknown < pieces.Count)
            ? new UnigramModel(vocabulary, pieces.Where(p => p.Text.Length > 0), pieces.Min(p => p.Score), new UnigramOptions(
                unknown, true, TokenizerJsonReader.Is(model, "byte_fallback"), SinglePrecision: false))
            : throw model.Error($"unk_id {unknown} is not in the vocabulary");
    }
}
