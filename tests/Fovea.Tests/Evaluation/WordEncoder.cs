using System.Text.Json;
using Fovea.Core.Samples;
using Fovea.Data.Scenes;

namespace Fovea.Tests.Evaluation;

/// <summary>The scenes' tokenizer done the short way: a word after a blank or a punctuation mark is one token. No frame but the placeholder.</summary>
internal sealed class WordEncoder : ISampleEncoder
{
    private static readonly List<string> Tokens = ReadTokens();

    public static int VocabSize => Tokens.Count;

    public static int ImageId => Tokens.IndexOf("<image>");

    public string TokenizerFingerprint => "words";

    public int PadId => Tokens.IndexOf("<pad>");

    public int EndId => Tokens.IndexOf("</s>");

    public TokenizedSample Encode(Sample sample)
    {
        var (ids, targets, ends, spans) = (new List<int>(), new List<int>(), new List<int>(), new List<TargetSpan>());
        ids.AddRange(Enumerable.Repeat(TokenizedSample.ImagePlaceholder, sample.Images.Count).Prepend(1));
        for (var turn = 0; turn < sample.Turns.Count; turn++)
        {
            foreach (var (start, end, id) in Words(sample.Turns[turn].Text.Replace("<image>", "       ", StringComparison.Ordinal)))
            {
                Add(id, turn, start, end);
            }

            if (sample.Turns[turn].Role == Role.Assistant)
            {
                ends.Add(targets.Count);
                Add(EndId, turn, sample.Turns[turn].Text.Length, sample.Turns[turn].Text.Length);
            }
        }

        return new TokenizedSample
        {
            Key = sample.Key,
            InputIds = [.. ids],
            TargetIndices = [.. targets],
            EndTargets = [.. ends],
            TargetSpans = [.. spans],
            Images = sample.Images,
            TextFingerprint = $"{sample.Key}",
            ContextFingerprint = $"{sample.Key}",
        };

        void Add(int id, int turn, int start, int end)
        {
            if (sample.Turns[turn].Role == Role.Assistant)
            {
                targets.Add(ids.Count);
                spans.Add(new TargetSpan(turn, start, end));
            }

            ids.Add(id);
        }
    }

    public int[] EncodePrompt(Sample sample, int answerTurn)
    {
        var cut = Encode(sample with { Turns = [.. sample.Turns.Take(answerTurn)] });
        return cut.InputIds;
    }

    public string Decode(IReadOnlyList<int> ids) => string.Concat(ids.Select(i => Tokens[i])).Replace('\u2581', ' ').Trim();

    public string TokenText(int id) => Tokens[id];

    private static IEnumerable<(int Start, int End, int Id)> Words(string text)
    {
        for (int start = 0, end; start < text.Length; start = end)
        {
            end = start + 1;
            if (char.IsWhiteSpace(text[start]))
            {
                continue;
            }

            while (char.IsAsciiLetter(text[start]) && end < text.Length && char.IsAsciiLetter(text[end]))
            {
                end++;
            }

            var token = char.IsAsciiLetter(text[start]) ? "\u2581" + text[start..end] : text[start..end];
            yield return (start, end, Math.Max(0, Tokens.IndexOf(token)));
        }
    }

    private static List<string> ReadTokens()
    {
        var folder = Directory.CreateTempSubdirectory("fovea-words").FullName;
        SceneTokenizer.Write(folder);
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "tokenizer.json")));
        Directory.Delete(folder, recursive: true);
        var byId = new SortedDictionary<int, string>();
        foreach (var entry in json.RootElement.GetProperty("model").GetProperty("vocab").EnumerateObject())
        {
            byId[entry.Value.GetInt32()] = entry.Name;
        }

        foreach (var added in json.RootElement.GetProperty("added_tokens").EnumerateArray())
        {
            byId[added.GetProperty("id").GetInt32()] = added.GetProperty("content").GetString()!;
        }

        return [.. byId.Values];
    }
}
