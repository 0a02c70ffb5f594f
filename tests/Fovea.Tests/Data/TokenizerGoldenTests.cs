using Xunit;

namespace Fovea.Tests.Data;

/// <summary>Ids and decoded text equal the tokenizers library's: exact, since both are integers and text.</summary>
public sealed class TokenizerGoldenTests
{
    [Theory]
    [InlineData("tiny_llama", "texts")]
    [InlineData("tiny_mistral", "texts")]
    [InlineData("tiny_flags", "flag_texts")]
    [InlineData("llama", "texts")]
    [InlineData("mistral", "texts")]
    public void Ids_and_decoded_text_are_those_of_the_reference(string name, string texts)
    {
        var fixture = Fixture.Json("fixtures/text/encode.json");
        var tokenizer = Fixture.Tokenizer(name);
        var byName = fixture.GetProperty(texts).EnumerateArray().ToDictionary(t => t.Text("name"), t => t.Text("text"));
        var cases = fixture.GetProperty("cases").GetProperty(name).EnumerateArray().ToList();
        Assert.NotEmpty(cases);
        Assert.All(cases, c =>
        {
            var text = byName[c.Text("text")];
            var special = c.GetProperty("ids_special").Ints();
            Assert.Equal(c.GetProperty("ids").Ints(), tokenizer.Encode(text, false).Ids);
            Assert.Equal(special, tokenizer.Encode(text, true).Ids);
            Assert.Equal(c.Text("decoded"), tokenizer.Decode(special, false));
            Assert.Equal(c.Text("decoded_skip"), tokenizer.Decode(special, true));
        });
    }
}
