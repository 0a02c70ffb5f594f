using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Data.Tokenizers;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Data;

/// <summary>The tokenizer's spans, and how it refuses files.</summary>
public sealed class TokenizerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-tokenizer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_token_knows_its_characters_and_the_blank_before_them()
    {
        var text = "The dog\U0001F600 \u00E9";
        var tokens = Fixture.Tokenizer("tiny_llama").Encode(text, true);
        Assert.Equal(TextSpan.None, tokens.Spans[0]);
        Assert.Equal(0, tokens.Spans[1].Start);
        var dog = Assert.Single(tokens.Spans, s => s.IsInText && text[s.Start] == ' ' && s.Start == 3);
        Assert.Equal(' ', text[dog.Start]);
        Assert.Equal(4, tokens.Spans.Count(s => s == new TextSpan(7, 9)));        // four bytes of one character, two UTF-16 units
        Assert.Equal(text.Length, tokens.Spans[^1].End);
    }

    [Property(MaxTest = 50)]
    public void Spans_rise_and_leave_out_no_character(string? text)
    {
        text ??= "";
        Assert.All((string[])["tiny_llama", "tiny_mistral", "tiny_qwen", "tiny_flags"], name =>
        {
            var (tokens, covered) = (Fixture.Tokenizer(name).Encode(text, false), 0);
            foreach (var span in tokens.Spans)
            {
                Assert.InRange(span.Start, 0, covered);
                Assert.InRange(span.End, span.Start, text.Length);
                covered = Math.Max(covered, span.End);
            }

            Assert.Equal(text.Length, covered);
        });
    }

    [Fact]
    public void Long_texts_without_line_breaks_are_one_word_and_still_tokenized()
    {
        // One word of 400,000 characters: a quadratic merge would not come back.
        var tokens = Fixture.Tokenizer("tiny_llama").Encode(string.Concat(Enumerable.Repeat("the red dog ", 33_334)), false);
        Assert.Equal(400_008, tokens.Spans[^1].End);
    }

    [Theory]
    [InlineData("tiny_qwen", "a", "a")]
    [InlineData("tiny_qwen", " ", " ")]
    [InlineData("tiny_qwen", "\n", " ")]
    [InlineData("tiny_qwen", "\u0301\u0323", "x")]
    [InlineData("tiny_llama", "\u4e00", "\U0001F600")]
    [InlineData("test_unigram_bytes", "ab", "ab")]
    public void A_word_of_a_million_characters_is_tokenized_in_seconds(string name, string part, string last)
    {
        var text = string.Concat(Enumerable.Repeat(part, 1_000_000 / part.Length)) + last;
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var tokens = Fixture.Tokenizer(name).Encode(text, false);
        Assert.Equal(text.Length, tokens.Spans[^1].End);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 60);       // alone 1 or 2; a quadratic way would take hours
    }

    [Theory]
    [InlineData("a\uD83Db", 1)]
    [InlineData("\uDE00", 0)]
    [InlineData("\uD83D\uDE00 \uDE00\uD83D", 3)]
    public void Half_of_a_surrogate_pair_is_the_replacement_character(string text, int at)
    {
        var whole = text.Remove(at, 1).Insert(at, "\uFFFD").Replace("\uFFFD\uD83D", "\uFFFD\uFFFD", StringComparison.Ordinal);
        Assert.All((string[])["tiny_llama", "tiny_mistral", "tiny_qwen"], name =>
        {
            var tokenizer = Fixture.Tokenizer(name);
            Assert.Equal(tokenizer.Encode(whole, true).Ids, tokenizer.Encode(text, true).Ids);
        });
    }

    [Property(MaxTest = 100)]
    public void What_is_encoded_decodes_to_itself(string? text)
    {
        text ??= "";
        var expected = string.Concat(text.EnumerateRunes()).Normalize();
        var qwen = Fixture.Tokenizer("tiny_qwen");
        Assert.Equal(expected, qwen.Decode(qwen.Encode(text, false).Ids, false));
    }

    [Fact]
    public void Named_tokens_and_fingerprint_come_from_the_folder()
    {
        var tokenizer = Fixture.Tokenizer("tiny_llama");
        Assert.Equal((1, 2, 0, 599, 600), (tokenizer.BosId, tokenizer.EosId, tokenizer.UnkId, tokenizer.PadId, tokenizer.VocabSize));
        Assert.Equal([0, 1, 2, 598, 599], tokenizer.SpecialIds.Order());
        Assert.Equal(ContentHash.OfFile(tokenizer.File), tokenizer.Fingerprint);
        Assert.Equal("<image>", tokenizer.TokenText(598));
        Assert.Null(tokenizer.IdOf("no such token"));
    }

    [Theory]
    [InlineData("model", """{"type":"WordPiece","vocab":{}}""", "model type WordPiece")]
    [InlineData("model", """{"type":"Unigram","vocab":[]}""", "the vocabulary is empty")]
    [InlineData("model", """{"type":"Unigram","vocab":[["a",-1]],"unk_id":7}""", "unk_id 7")]
    [InlineData("model", """{"vocab":{"a":0,"b":0},"merges":[]}""", "two tokens have the id 0")]
    [InlineData("model", """{"vocab":{"a":0},"merges":["a b"]}""", "merges: [0]: \"a\" + \"b\"")]
    [InlineData("normalizer", """{"type":"Precompiled","precompiled_charsmap":""}""", "normalizer Precompiled")]
    [InlineData("normalizer", """{"type":"Sequence","normalizers":[{"type":"BertNormalizer"}]}""", "normalizer BertNormalizer")]
    [InlineData("pre_tokenizer", """{"type":"BertPreTokenizer"}""", "pre_tokenizer BertPreTokenizer")]
    [InlineData("pre_tokenizer", """{"type":"Split","pattern":{"Regex":"\\p{Han}+"},"behavior":"Isolated"}""", "\\p at character 0")]
    [InlineData("pre_tokenizer", """{"type":"Split","pattern":{"Regex":"(a"},"behavior":"Isolated"}""", "a group is not closed")]
    [InlineData("pre_tokenizer", """{"type":"Split","pattern":{"Regex":"a"},"behavior":"Doubled"}""", "the behavior Doubled")]
    [InlineData("post_processor", """{"type":"PairProcessing"}""", "post_processor PairProcessing")]
    [InlineData("decoder", """{"type":"WordPiece"}""", "decoder WordPiece")]
    [InlineData("added_tokens", """[{"id":700,"content":"<gap>"}]""", "the file says id 700, but Transformers would give it 598 (the next free one)")]
    [InlineData("added_tokens", """[{"id":7,"content":"</s>"}]""", "the file says id 7, but Transformers would give it 2 (the vocabulary's)")]
    [InlineData("post_processor", """{"type":"RobertaProcessing","cls":["<s>",1],"sep":["</s>",-2]}""", "the special token with id -2")]
    [InlineData("model", "3", "expected an object, got a number")]
    public void What_is_not_supported_is_named(string key, string value, string named)
    {
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(TestData.Find("fixtures/tokenizers/tiny_llama"), "tokenizer.json")))!;
        json[key] = JsonNode.Parse(value);
        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), json.ToJsonString());
        var error = Assert.Throws<InvalidInputException>(() => Tokenizer.Load(_folder));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.EndsWith("tokenizer.json", error.File, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_or_broken_file_is_one_line()
    {
        Assert.Contains("not found", Assert.Throws<InvalidInputException>(() => Tokenizer.Load(_folder)).Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), """{"model": {"vocab": {"a":""");
        Assert.Contains("not valid JSON", Assert.Throws<InvalidInputException>(() => Tokenizer.Load(_folder)).Message, StringComparison.Ordinal);
    }
}
