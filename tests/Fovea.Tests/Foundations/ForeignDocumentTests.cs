using System.Text;
using Fovea.Core.Errors;
using Fovea.Core.Json;
using Fovea.Data.Images;
using Fovea.Data.Templates;
using Fovea.Data.Tokenizers;
using Fovea.Models.Adapters;
using Fovea.Models.Checkpoints;
using Fovea.Models.Configs;
using Fovea.Models.Generation;
using Xunit;

namespace Fovea.Tests.Foundations;

/// <summary>Whoever reads a file of a model, a tokenizer or an adapter refuses what is no JSON in the same words, with the file's name.</summary>
public sealed class ForeignDocumentTests : IDisposable
{
    private static readonly (string File, Func<string, object?> Read)[] Readers =
    [
        ("config.json", f => DecoderConfig.Read(Path.Combine(f, "config.json"))),
        ("config.json", ImageProcessorConfig.Load),
        ("generation_config.json", EndIds.Read),
        ("adapter_config.json", f => LoraConfig.Read(Path.Combine(f, "adapter_config.json"))),
        ("model.safetensors.index.json", TensorSources.Open),
        ("tokenizer.json", Tokenizer.Load),
        ("added_tokens.json", AddedTokenIds.Read),
        ("preprocessor_config.json", ImageProcessorConfig.Load),
        ("processor_config.json", ImageProcessorConfig.Load),
        ("chat_template.json", CheckpointTemplate.Find),
        ("tokenizer_config.json", TokenizerSettings.Load),
        ("special_tokens_map.json", TokenizerSettings.Load),
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-foreign-document-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("""{"\ud800": 1}""", "\\ud800 is half of a surrogate pair")]
    [InlineData("""{"a": {"b": ["\udc00"]}}""", "\\udc00 is half of a surrogate pair")]
    [InlineData("""{"a": 1, "b": 2, "a": 3}""", "the key \"a\" is given twice")]
    [InlineData("{\n\"a\": 1,\n}", "not valid JSON (line 3)")]
    [InlineData("{\"a\": NaN}", "NaN or Infinity")]
    [InlineData("version https://git-lfs.github.com/spec/v1\n", "expected JSON, got a Git LFS pointer")]
    [InlineData("<!doctype html><html></html>", "expected JSON, got a web page")]
    [InlineData("PK\u0003\u0004", "what looks like a ZIP archive")]
    [InlineData("\u001f\u008b\u0008", "what looks like gzip")]
    [InlineData("\u00ff\u00fe{\0}\0", "looks like UTF-16")]
    [InlineData("{\"a\": \"\u00e9\"}", "byte 0xE9 is not UTF-8")]
    [InlineData("", "not valid JSON (line 1)")]
    [InlineData("[1]", "expected an object, got a list ([1])")]
    public void What_is_no_JSON_is_refused_by_every_reader(string content, string expected)
    {
        foreach (var (file, read) in Readers)
        {
            foreach (var other in Directory.EnumerateFiles(_folder))
            {
                File.Delete(other);
            }

            var path = Path.Combine(_folder, file);
            File.WriteAllBytes(path, Encoding.Latin1.GetBytes(content));
            var error = Assert.Throws<InvalidInputException>(() => read(_folder));
            Assert.StartsWith($"{path}: ", error.Message, StringComparison.Ordinal);
            Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_mark_of_UTF8_is_passed_over()
    {
        var path = Path.Combine(_folder, "config.json");
        File.WriteAllBytes(path, "\uFEFF{\"a\": 5}"u8.ToArray());
        Assert.Equal(5, ForeignJson.Open(path).Field("a").WholeNumber());
    }

    [Fact]
    public void A_value_of_another_type_is_named_with_its_place_and_shortened()
    {
        var path = Path.Combine(_folder, "config.json");
        File.WriteAllText(path, "{\"a\": {\"b\": [1, \"" + new string('x', 5000) + "\"]}}");
        var error = Assert.Throws<InvalidInputException>(() => ForeignJson.Open(path).Field("a").OptionalWholeNumber("b"));
        Assert.Matches("^.*/config.json: a.b: expected a whole number, got a list \\(\\[1,\"x{10,90}\\.\\.\\.\\(5006 characters\\)\\)$", error.Message);
    }
}
