using System.Text.Json;
using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Data.Templates;
using Fovea.Models.Batching;
using Xunit;

namespace Fovea.Tests.Data;

/// <summary>Rendered text, ids, labels and truncation equal the reference's: exact, every case of the folder.</summary>
public sealed class ChatGoldenTests
{
    /// <summary>Each pair of tokenizer and template that the reference has cases for.</summary>
    public static TheoryData<string, string> Pairs => TestData.TryFind("fixtures/text/chat.json") is null
        ? new() { { "tiny_llama", "llava_v1" } }
        : [.. new ChatFixture().Cases.Select(c => (c.Text("tokenizer"), c.Text("template"))).Distinct()];

    [Fact]
    public void Every_template_of_the_reference_is_known_and_no_other() =>
        Assert.Equal(ChatTemplate.Names.Order(), new ChatFixture().Renderings.EnumerateObject().Select(r => r.Name).Order());

    [Fact]
    public void Text_targets_and_prompts_are_those_of_the_reference()
    {
        var fixture = new ChatFixture();
        foreach (var renderings in fixture.Renderings.EnumerateObject())
        {
            var template = ChatTemplate.ByName(renderings.Name);
            Assert.All(fixture.Conversations, c => CheckRendering(template, c.Value, renderings.Value.GetProperty(c.Key)));
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Ids_labels_and_prompts_are_those_of_the_reference(string tokenizerName, string templateName)
    {
        var fixture = new ChatFixture();
        var imageId = fixture.ImageId(tokenizerName);
        var tokenizer = fixture.Tokenizer(tokenizerName);
        var encoder = new SampleEncoder(tokenizer, TemplateChoice.Parse(templateName));
        var cases = fixture.Cases.Where(c => c.Text("tokenizer") == tokenizerName && c.Text("template") == templateName).ToList();
        Assert.NotEmpty(cases);
        Assert.All(cases, c =>
        {
            var sample = fixture.Conversations[c.Text("conversation")];
            if (c.TryGetProperty("error", out var error))
            {
                AssertRefused(error.GetString()!, () => encoder.Encode(sample));
                return;
            }

            var tokens = encoder.Encode(sample);
            var ids = WithPlaceholders(c.GetProperty("ids").Ints(), imageId);
            Assert.Equal(ids, tokens.InputIds);
            Assert.Equal(Indices(c.GetProperty("label_ranges")), tokens.TargetIndices);
            Assert.Equal(
                c.TryGetProperty("prompt_length", out var length) ? ids[..length.GetInt32()] : WithPlaceholders(c.GetProperty("prompt_ids").Ints(), imageId),
                encoder.EncodePrompt(sample, sample.Turns.Count - 1));

            var (model, images) = fixture.Expansion(tokenizerName, tokenizer, templateName, sample.Images.Count);
            var (expanded, expected) = (SampleExpander.Expand(model, tokens, images), c.GetProperty("expanded"));
            Assert.Equal(expected.GetProperty("length").GetInt32(), expanded.InputIds.Length);
            Assert.Equal(Indices(expected.GetProperty("label_ranges")), expanded.TargetIndices);
            if (expected.TryGetProperty("ids", out var all))
            {
                Assert.Equal(all.Ints(), expanded.InputIds);
            }
        });
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Truncation_keeps_or_refuses_what_the_reference_does(string tokenizerName, string templateName)
    {
        var fixture = new ChatFixture();
        var tokenizer = fixture.Tokenizer(tokenizerName);
        var encoder = new SampleEncoder(tokenizer, TemplateChoice.Parse(templateName));
        foreach (var c in fixture.Truncations.Where(c => c.Text("tokenizer") == tokenizerName && c.Text("template") == templateName))
        {
            var sample = fixture.Conversations[c.Text("conversation")];
            var tokens = encoder.Encode(sample);
            var (model, images) = fixture.Expansion(tokenizerName, tokenizer, templateName, sample.Images.Count);
            Assert.All(c.GetProperty("results").EnumerateArray(), r =>
            {
                var limit = r.GetProperty("max_length").GetInt32();
                if (r.TryGetProperty("error", out var error))
                {
                    AssertRefused(error.GetString()!, () => SampleExpander.Expand(model, tokens, images, limit));
                    return;
                }

                var cut = SampleExpander.Expand(model, tokens, images, limit);
                Assert.Equal(r.GetProperty("length").GetInt32(), cut.InputIds.Length);
                Assert.Equal(Indices(r.GetProperty("label_ranges")), cut.TargetIndices);
            });
        }
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

    private static void CheckRendering(ChatTemplate template, Sample sample, JsonElement expected)
    {
        if (expected.TryGetProperty("error", out var error))
        {
            if (error.GetString() != "no_target")
            {
                AssertRefused(error.GetString()!, () => template.Render(sample));
            }

            return;
        }

        var chat = template.Render(sample);
        Assert.Equal(expected.Text("text"), chat.Text);
        var targets = expected.TryGetProperty("targets_utf16", out var utf16) ? utf16 : expected.GetProperty("targets");
        Assert.Equal(targets.Ranges(), chat.Targets().Select(t => new[] { t.Start, t.End }));
        Assert.Equal(expected.GetProperty("add_special_tokens").GetBoolean(), template.AddsSpecialTokens);
        Assert.Equal(expected.Text("prompt"), template.Render(sample, sample.Turns.Count - 1).Text);
        if (expected.TryGetProperty("segments", out var segments))
        {
            Assert.Equal(segments.EnumerateArray().Select(s => s.GetString()), chat.Segments);
        }
    }

    private static void AssertRefused(string name, Func<object> action) =>
        Assert.StartsWith($"records.json, record 0: {name}: ", Assert.Throws<InvalidInputException>(action).Message, StringComparison.Ordinal);

    private static IEnumerable<int> Indices(JsonElement ranges) => ranges.Ranges().SelectMany(r => Enumerable.Range(r[0], r[1] - r[0]));

    private static int[] WithPlaceholders(int[] ids, int imageId) => Array.ConvertAll(ids, i => i == imageId ? TokenizedSample.ImagePlaceholder : i);
}
