using System.Text.Json.Nodes;
using Fovea.Data.Scenes;
using Xunit;

namespace Fovea.Tests.Scenes;

public sealed class SceneTokenizerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("scenes").FullName;
    private readonly JsonNode _json;

    public SceneTokenizerTests()
    {
        SceneTokenizer.Write(_folder);
        _json = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, "tokenizer.json")))!;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_world_word_after_a_blank_is_one_token()
    {
        Assert.All([.. SceneWords.All, "USER:", "ASSISTANT:"], word => Assert.Equal(["\u2581" + word], Encode("\u2581" + word)));
    }

    [Fact]
    public void A_question_right_after_the_image_costs_no_more_tokens()
    {
        Assert.Equal(["\u2581", "\n", "what", "\u2581shape", "\u2581is", "\u2581in", "\u2581the", "\u2581top", "\u2581left", "?"],
            Encode("\u2581\nwhat\u2581shape\u2581is\u2581in\u2581the\u2581top\u2581left?"));
        Assert.All(["what", "how", "is", "describe"], word => Assert.Equal([word], Encode(word)));
    }

    [Fact]
    public void A_text_has_one_token_for_each_annotated_span()
    {
        var spec = new SceneSpec { NoiseRate = 0.5 };
        for (var i = 0; i < 20; i++)
        {
            var record = SceneWorld.Caption(spec, i);
            var text = record.Sample.Turns[1].Text;
            Assert.Equal(
                record.Spans.Select(s => (s.Start == 0 || text[s.Start - 1] == ' ' ? "\u2581" : "") + text[s.Start..s.End]),
                Encode("\u2581" + text.Replace(' ', '\u2581')));
        }
    }

    [Fact]
    public void Ids_are_dense_and_the_added_tokens_stand_first_and_last()
    {
        var vocabulary = _json["model"]!["vocab"]!.AsObject();
        var added = _json["added_tokens"]!.AsArray();
        Assert.Equal(Enumerable.Range(0, vocabulary.Count), vocabulary.Select(v => (int)v.Value!));
        Assert.Equal(
            ["<unk>", "<s>", "</s>", "<image>", "<vision>", "<vpatch>", "<vrow_sep>", "</vision>", "[INST]", "[/INST]", "<pad>"],
            added.Select(a => (string)a!["content"]!));
        Assert.Equal([0, 1, 2, .. Enumerable.Range(vocabulary.Count, 8)], added.Select(a => (int)a!["id"]!));
        Assert.Equal(SceneTokenizer.VocabularySize, vocabulary.Count + 8);
        Assert.Equal(480, SceneTokenizer.VocabularySize);
    }

    [Fact]
    public void Ids_of_a_class_name_its_words()
    {
        var vocabulary = _json["model"]!["vocab"]!.AsObject();
        foreach (var tokenClass in Enum.GetValues<TokenClass>())
        {
            Assert.Equal(SceneWords.Competing(tokenClass).Select(w => (int)vocabulary["\u2581" + w]!), SceneTokenizer.CompetingIds(tokenClass));
        }
    }

    [Fact]
    public void Everything_but_alphabet_and_merges_is_as_in_the_tiny_llama_tokenizer()
    {
        var folder = TestData.Find("fixtures/tokenizers/tiny_llama");
        var other = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "tokenizer.json")))!;
        foreach (var part in new[] { "version", "truncation", "padding", "normalizer", "pre_tokenizer", "post_processor", "decoder" })
        {
            Assert.True(JsonNode.DeepEquals(other[part], _json[part]), part);
        }

        Assert.Equal(Keys(other["model"]), Keys(_json["model"]));
        Assert.True(JsonNode.DeepEquals(other["added_tokens"]![1], _json["added_tokens"]![1]));
        Assert.True(JsonNode.DeepEquals(Config(folder), Config(_folder)));

        static IEnumerable<string> Keys(JsonNode? node) => node!.AsObject().Select(p => p.Key);
        static JsonNode? Config(string folder) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "tokenizer_config.json")));
    }

    [Fact]
    public void Writing_again_gives_the_same_bytes()
    {
        var first = File.ReadAllBytes(Path.Combine(_folder, "tokenizer.json"));
        SceneTokenizer.Write(_folder);
        Assert.Equal(first, File.ReadAllBytes(Path.Combine(_folder, "tokenizer.json")));
    }

    /// <summary>BPE as it is defined: of all pairs in the text, the one learnt first is merged first.</summary>
    private List<string> Encode(string text)
    {
        var ranks = _json["model"]!["merges"]!.AsArray().Select((m, rank) => (Pair: ((string)m![0]!, (string)m[1]!), rank))
            .ToDictionary(m => m.Pair, m => m.rank);
        List<string> pieces = [.. text.Select(c => c.ToString())];
        while (true)
        {
            var best = Enumerable.Range(0, pieces.Count - 1).Where(i => ranks.ContainsKey((pieces[i], pieces[i + 1])))
                .OrderBy(i => ranks[(pieces[i], pieces[i + 1])]).ThenBy(i => i).Cast<int?>().FirstOrDefault();
            if (best is not { } at)
            {
                return pieces;
            }

            pieces[at] += pieces[at + 1];
            pieces.RemoveAt(at + 1);
        }
    }
}
