using System.Text;
using Fovea.Core.Errors;
using Fovea.Data.Tokenizers;
using Xunit;

namespace Fovea.Tests.Data;

/// <summary>Damaged files are one clear line or a tokenizer, never another exception or a hang.</summary>
public sealed class TokenizerFileFuzzTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-tokenizer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("fixtures/tokenizers/tiny_llama/tokenizer.json", "tokenizer.json")]
    [InlineData("fixtures/tokenizers/tiny_qwen/tokenizer.json", "tokenizer.json")]
    [InlineData("data/weights/stories260K/tok512.model", "tokenizer.model")]
    [InlineData("data/tokenizers/tiny_sentencepiece/test_model.model", "tokenizer.model")]
    public void A_damaged_file_is_an_error_or_a_tokenizer(string from, string name)
    {
        var original = File.ReadAllBytes(TestData.Find(from));
        var random = new Random(7);
        var path = Path.Combine(_folder, name);
        for (var i = 0; i < 60; i++)
        {
            File.WriteAllBytes(path, Damaged(original, random));
            try
            {
                var tokenizer = Tokenizer.Load(_folder);
                var ids = tokenizer.Encode("A dog\u00e9 \U0001F600 <image>\n", true).Ids;
                Assert.NotNull(tokenizer.Decode(ids, false));
            }
            catch (FoveaException e)
            {
                Assert.DoesNotContain('\n', e.Message);
                Assert.Contains(name, e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_SentencePiece_model_that_lies_about_its_length_is_one_line()
    {
        var path = Path.Combine(_folder, "tokenizer.model");
        foreach (var bytes in (byte[][])[[], [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x07], Encoding.UTF8.GetBytes("{\"not\": \"a model\"}"),
            [0x0A, 0x03, 0x0A, 0x01, 0x61]])
        {
            File.WriteAllBytes(path, bytes);
            Assert.Contains("tokenizer.model", Assert.Throws<InvalidInputException>(() => Tokenizer.Load(_folder)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Merges_without_their_vocabulary_are_named_by_line()
    {
        File.WriteAllText(Path.Combine(_folder, "vocab.json"), """{"a": 0, "b": 1, "ab": 2}""");
        Assert.Contains("merges.txt", Assert.Throws<InvalidInputException>(() => Tokenizer.Load(_folder)).Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, "merges.txt"), "#version: 0.2\na b\na c\n");
        Assert.Contains("line 3", Assert.Throws<InvalidInputException>(() => Tokenizer.Load(_folder)).Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, "merges.txt"), "#version: 0.2\r\na b\r\n");
        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), """{"tokenizer_class": "RobertaTokenizer"}""");
        Assert.Contains("RobertaTokenizer", Assert.Throws<InvalidInputException>(() => Tokenizer.Load(_folder)).Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(_folder, "tokenizer_config.json"));
        Assert.Equal([2, 0], Tokenizer.Load(_folder).Encode("aba", true).Ids);
    }

    private static byte[] Damaged(byte[] original, Random random)
    {
        var bytes = (byte[])original.Clone();
        switch (random.Next(3))
        {
            case 0:
                return bytes[..random.Next(bytes.Length)];
            case 1:
                for (var k = random.Next(1, 6); k > 0; k--)
                {
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                }

                return bytes;
            default:
                var at = random.Next(bytes.Length);
                return [.. bytes[..at], .. bytes[random.Next(bytes.Length)..], .. bytes[at..]];
        }
    }
}
