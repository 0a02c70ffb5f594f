using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Data.Corpora;
using Fovea.Data.Templates;
using Xunit;

namespace Fovea.Tests.Data;

/// <summary>One text is one sample, whichever form its record has.</summary>
public sealed class ConversationFormTests : IDisposable
{
    private const string Llava = """{"image": "x.png", "conversations": [{"from": "human", "value": "<image>\nWhat?"}, {"from": "gpt", "value": "Fog."}]}""";
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-forms-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("""{"images": ["x.png"], "conversations": [{"from": "user", "value": "<image>\nWhat?"}, {"from": "assistant", "value": "Fog."}]}""")]
    [InlineData("""{"images": ["x.png"], "messages": [{"role": "user", "content": "<image>\nWhat?"}, {"role": "assistant", "content": "Fog."}]}""")]
    [InlineData("""{"image": "x.png", "conversations": [{"role": "user", "content": "<image>\nWhat?"}, {"role": "assistant", "content": "Fog."}]}""")]
    [InlineData("""{"images": ["x.png"], "messages": [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "What?"}]}, {"role": "assistant", "content": [{"type": "text", "text": "Fog."}]}]}""")]
    [InlineData("""{"messages": [{"role": "user", "content": [{"type": "image", "image": "x.png"}, {"type": "text", "text": "What?"}]}, {"role": "assistant", "content": "Fog."}]}""")]
    [InlineData("""{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x.png"}}, {"type": "text", "text": "What?"}]}, {"role": "assistant", "content": "Fog."}]}""")]
    [InlineData("""{"images": ["x.png"], "messages": [{"role": "user", "content": "What?"}, {"role": "assistant", "content": "Fog."}]}""")]
    public void The_same_text_has_the_same_fingerprints_in_every_form(string record)
    {
        var encoder = new SampleEncoder(Fixture.Tokenizer("tiny_llama"), TemplateChoice.Parse("auto"));
        var (expected, found) = (Read(Llava), Read(record));
        Assert.Equal(expected.Turns, found.Turns);
        Assert.Equal(expected.Images, found.Images);
        var (one, other) = (encoder.Encode(expected), encoder.Encode(found));
        Assert.Equal((one.TextFingerprint, one.ContextFingerprint), (other.TextFingerprint, other.ContextFingerprint));
    }

    [Theory]
    [InlineData("""[{"type": "text", "text": "A"}, {"type": "image"}, {"type": "image"}, {"type": "text", "text": "B"}]""", "A\n<image>\n<image>\nB")]
    [InlineData("""[{"type": "text", "text": "A "}, {"type": "text", "text": "B"}, {"type": "image"}, {"type": "image"}]""", "A B\n<image>\n<image>")]
    public void Parts_become_text_with_each_image_on_a_line_of_its_own(string parts, string text) =>
        Assert.Equal(text,
            Read($$"""{"images": ["x.png", "y.png"], "messages": [{"role": "user", "content": {{parts}}}, {"role": "assistant", "content": "Fog."}]}""").Turns[0].Text);

    [Theory]
    [InlineData("""{"images": ["x.png"], "image": "x.png", "conversations": []}""", "both \"image\" and \"images\"")]
    [InlineData("""{"messages": [], "conversations": []}""", "both \"conversations\" and \"messages\"")]
    [InlineData("""{"messages": [{"role": "tool", "content": "x"}]}""",
        "unknown_role: the speaker is \"tool\"; expected exactly system, human (or user) or gpt (or assistant)")]
    [InlineData("""{"messages": [{"role": "User", "content": "x"}]}""", "unknown_role")]
    [InlineData("""{"messages": [{"role": "user", "content": [{"type": "video"}]}]}""", "unknown_part: \"type\" is \"video\"")]
    [InlineData("""{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a.b/c.png"}}]}]}""", "got the address")]
    [InlineData("""{"images": ["x.png", "y.png"], "messages": [{"role": "user", "content": [{"type": "image"}]}, {"role": "assistant", "content": "x"}]}""",
        "image_count: 1 <image> tags in the questions, 2 image files")]
    [InlineData("""{"images": {"path": "x.png"}, "messages": []}""", "images: expected a file name or a list of file names, got an object")]
    [InlineData("""{"prompt": "x", "completion": "y"}""", "the record has \"prompt\", \"completion\"")]
    [InlineData("""{"data": []}""", "give the list under \"data\" as the file")]
    [InlineData("""{"images": [], "annotations": []}""", "looks like COCO captions")]
    public void What_does_not_map_is_refused_with_the_reason(string record, string reason) =>
        Assert.Contains(reason, Assert.Throws<InvalidInputException>(() => Read(record)).Message, StringComparison.Ordinal);

    [Fact]
    public void COCO_captions_are_recognised_by_their_keys()
    {
        Assert.True(CocoCaptionsCorpus.Recognises(Written("""{"info": {"a": [1, "}"]}, "images": [], "annotations": []}""")));
        Assert.False(CocoCaptionsCorpus.Recognises(Written(Llava)));
        Assert.False(CocoCaptionsCorpus.Recognises(Written("[]")));
        var error = Assert.Throws<InvalidInputException>(() => CocoCaptionsCorpus.Open(Written($"[{Llava}]"), _folder));
        Assert.Contains("looks like conversations", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_turn_of_a_long_conversation_keeps_its_own_targets()
    {
        const int Turns = 3000;
        var encoder = new SampleEncoder(Fixture.Tokenizer("tiny_llama"), TemplateChoice.Parse("llava_v1"));
        var sample = encoder.Encode(Fixture.Sample([], [.. Enumerable.Range(0, Turns).SelectMany(_ => new[] { (Role.Human, "q"), (Role.Assistant, "x y") })]));
        var each = encoder.Encode(Fixture.Sample([], (Role.Human, "q"), (Role.Assistant, "x y"))).TargetIndices.Length;
        Assert.Equal(Enumerable.Range(0, Turns).SelectMany(t => Enumerable.Repeat(2 * t + 1, each)), sample.TargetSpans.Select(s => s.Turn));
        Assert.Equal(Turns, sample.EndTargets.Length);
    }

    private Sample Read(string record) => Assert.Single(LlavaJsonCorpus.Open(Written($"[{record}]"), _folder).Samples);

    private string Written(string json)
    {
        var file = Path.Combine(_folder, "data.json");
        File.WriteAllText(file, json);
        return file;
    }
}
