using System.Text.Json;
using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Data.Templates;
using Xunit;

namespace Fovea.Tests.Data;

/// <summary>Rendered text, ids and labels equal the reference's: exact.</summary>
public sealed class ChatGoldenTests
{
    [Theory]
    [InlineData("llava_plain")]
    [InlineData("llava_v1")]
    [InlineData("solo")]
    public void Text_and_targets_are_those_of_the_reference(string name)
    {
        var fixture = Fixture.Json("fixtures/text/chat.json");
        var template = ChatTemplate.ByName(name);
        var renderings = fixture.GetProperty("renderings").GetProperty(name);
        Assert.All(Conversations(fixture), c =>
        {
            var expected = renderings.GetProperty(c.Key);
            if (expected.TryGetProperty("error", out var error))
            {
                if (error.GetString() != "no_target")
                {
                    var thrown = Assert.Throws<InvalidInputException>(() => template.Render(c.Value));
                    Assert.StartsWith($"records.json, record 0: {error.GetString()}: ", thrown.Message, StringComparison.Ordinal);
                }

                return;
            }

            var chat = template.Render(c.Value);
            Assert.Equal(expected.Text("text"), chat.Text);
            var targets = expected.TryGetProperty("targets_utf16", out var utf16) ? utf16 : expected.GetProperty("targets");
            Assert.Equal(targets.Ranges(), chat.Targets().Select(t => new[] { t.Start, t.End }));
            Assert.Equal(expected.GetProperty("add_special_tokens").GetBoolean(), template.AddsSpecialTokens);
            Assert.Equal(expected.Text("prompt"), template.Render(c.Value, c.Value.Turns.Count - 1).Text);
            if (expected.TryGetProperty("segments", out var segments))
            {
                Assert.Equal(segments.EnumerateArray().Select(s => s.GetString()), chat.Segments);
            }
        });
    }

    [Theory]
    [InlineData("tiny_llama", "llava_plain")]
    [InlineData("tiny_llama", "llava_v1")]
    [InlineData("tiny_mistral", "llava_plain")]
    [InlineData("tiny_mistral", "solo")]
    [InlineData("llama", "llava_plain")]
    [InlineData("llama", "llava_v1")]
    [InlineData("mistral", "llava_plain")]
    [InlineData("mistral", "solo")]
    public void Ids_labels_and_prompts_are_those_of_the_reference(string tokenizerName, string templateName)
    {
        var fixture = Fixture.Json("fixtures/text/chat.json");
        var spec = fixture.GetProperty("tokenizers").GetProperty(tokenizerName);
        var imageId = spec.GetProperty("image_id").GetInt32();
        var tokenizer = Fixture.Tokenizer(tokenizerName);
        foreach (var added in spec.TryGetProperty("added", out var list) ? list.EnumerateArray().ToList() : [])
        {
            tokenizer = tokenizer.WithAdded(added.Text("content"), added.GetProperty("id").GetInt32());
        }

        var encoder = new SampleEncoder(tokenizer, TemplateChoice.Parse(templateName));
        var conversations = Conversations(fixture);
        var cases = fixture.GetProperty("cases").EnumerateArray().Where(c => c.Text("tokenizer") == tokenizerName && c.Text("template") == templateName).ToList();
        Assert.NotEmpty(cases);
        Assert.All(cases, c =>
        {
            var sample = conversations[c.Text("conversation")];
            if (c.TryGetProperty("error", out var error))
            {
                Assert.Contains(error.GetString()!, Assert.Throws<InvalidInputException>(() => encoder.Encode(sample)).Message, StringComparison.Ordinal);
                return;
            }

            var tokens = encoder.Encode(sample);
            var ids = Array.ConvertAll(c.GetProperty("ids").Ints(), i => i == imageId ? TokenizedSample.ImagePlaceholder : i);
            Assert.Equal(ids, tokens.InputIds);
            Assert.Equal(c.GetProperty("label_ranges").Ranges().SelectMany(r => Enumerable.Range(r[0], r[1] - r[0])), tokens.TargetIndices);
            var prompt = c.TryGetProperty("prompt_length", out var length)
                ? ids[..length.GetInt32()]
                : Array.ConvertAll(c.GetProperty("prompt_ids").Ints(), i => i == imageId ? TokenizedSample.ImagePlaceholder : i);
            Assert.Equal(prompt, encoder.EncodePrompt(sample, sample.Turns.Count - 1));
        });
    }

    [Fact]
    public void Invalid_records_are_refused_by_name()
    {
        var cases = Fixture.Json("fixtures/text/invalid.json").GetProperty("cases").EnumerateArray().ToList();
        Assert.NotEmpty(cases);
        Assert.All(cases, c =>
        {
            var record = c.GetProperty("record");
            var turns = record.GetProperty("conversations").EnumerateArray().Select(t => (t.Text("from"), t.Text("value"))).ToList();
            var broken = ConversationRules.FirstBroken(turns, Fixture.Sample(record).Images.Count);
            Assert.StartsWith(c.Text("error") + ": ", broken, StringComparison.Ordinal);
        });
    }

    private static Dictionary<string, Sample> Conversations(JsonElement fixture) =>
        fixture.GetProperty("conversations").EnumerateArray().Select(c => c.GetProperty("record")).ToDictionary(r => r.Text("id"), Fixture.Sample);
}
