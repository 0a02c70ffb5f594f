using System.Text.Json.Nodes;
using Fovea.Data.Tokenizers;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Data;

/// <summary>Decoding token by token gives the text that decoding at once gives.</summary>
public sealed class TokenizerStreamTests
{
    private static readonly string[] Words =
        ["the", " dog", "\n", "  ", ".", " .", " ?", "'s", " 's", " ' ", " n't", "\u00e9", "\U0001F600", "\u4e00", "<image>", "</s>", "\uFFFD", "\t",
            " new york", "a ", " !", "'"];

    [Property(MaxTest = 200)]
    public void All_pieces_of_a_text_together_are_the_decoded_text(byte[] words, string? more, bool skip)
    {
        var text = string.Concat(words.Select(w => Words[w % Words.Length])) + more;
        Assert.All((string[])["tiny_llama", "tiny_mistral", "tiny_qwen", "tiny_flags", "stories260k", "test_unigram", "clip"], name =>
        {
            var tokenizer = Fixture.Tokenizer(name);
            var ids = tokenizer.Encode(text, true).Ids;
            Assert.Equal(tokenizer.Decode(ids, skip), Stream(tokenizer, ids, skip));
        });
    }

    [Property(MaxTest = 200)]
    public void Ids_in_any_order_stream_to_their_decoded_text_where_byte_runs_are_not_taken_back(ushort[] any, bool skip)
    {
        Assert.All((string[])["tiny_qwen", "stories260k", "test_unigram_bytes", "torchtune_bpe"], name =>
        {
            var tokenizer = Fixture.Tokenizer(name);
            int[] ids = [.. any.Select(i => i % tokenizer.VocabSize)];
            Assert.Equal(tokenizer.Decode(ids, skip), Stream(tokenizer, ids, skip));
        });
    }

    [Property(MaxTest = 200)]
    public void Cleaned_up_text_streams_to_the_cleaned_up_whole(byte[] words)
    {
        var tokenizer = CleaningUp();
        var ids = tokenizer.Encode(string.Concat(words.Select(w => Words[w % Words.Length])), false).Ids;
        Assert.Equal(tokenizer.Decode(ids, true), Stream(tokenizer, ids, true));
    }

    [Theory]
    [InlineData("it is n't mine , is it ? no !", "it isn't mine, is it? no!")]
    [InlineData("I 'm sure they 've seen Bob 's dog .", "I'm sure they've seen Bob's dog.")]
    [InlineData("we 're ' quoted ' x", "we're'quoted'x")]
    public void Clean_up_takes_blanks_as_Transformers_does(string text, string cleaned)
    {
        var tokenizer = CleaningUp();
        Assert.Equal(cleaned, tokenizer.Decode(tokenizer.Encode(text, false).Ids, true));
    }

    [Fact]
    public void A_stream_can_be_used_for_the_next_text()
    {
        var tokenizer = Fixture.Tokenizer("tiny_llama");
        var stream = tokenizer.DecodeStream(skipSpecialTokens: true);
        foreach (var text in (string[])["one dog", "\U0001F600", ""])
        {
            Assert.Equal(text, string.Concat(tokenizer.Encode(text, true).Ids.Select(stream.Push)) + stream.Finish());
        }
    }

    private static string Stream(Tokenizer tokenizer, int[] ids, bool skip)
    {
        var stream = tokenizer.DecodeStream(skip);
        return string.Concat(ids.Select(stream.Push)) + stream.Finish();
    }

    private static Tokenizer CleaningUp()
    {
        var folder = Directory.CreateTempSubdirectory("fovea-tokenizer-");
        try
        {
            var from = TestData.Find("fixtures/tokenizers/tiny_qwen");
            File.Copy(Path.Combine(from, "tokenizer.json"), Path.Combine(folder.FullName, "tokenizer.json"));
            var config = JsonNode.Parse(File.ReadAllText(Path.Combine(from, "tokenizer_config.json")))!;
            config["clean_up_tokenization_spaces"] = true;
            File.WriteAllText(Path.Combine(folder.FullName, "tokenizer_config.json"), config.ToJsonString());
            return Tokenizer.Load(folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
