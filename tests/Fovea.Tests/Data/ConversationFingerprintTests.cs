using Fovea.Core.Samples;
using Fovea.Data.Scenes;
using Fovea.Data.Templates;
using Fovea.Data.Tokenizers;
using Fovea.Tests.Training;
using Xunit;

namespace Fovea.Tests.Data;

/// <summary>What PRIOR's scores are held to: the text that a text-only reference reads.</summary>
public sealed class ConversationFingerprintTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Tokenizer _tokenizer;

    public ConversationFingerprintTests()
    {
        SceneTokenizer.Write(_folder.Path);
        _tokenizer = Tokenizer.Load(_folder.Path);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("auto")]
    [InlineData("llava_v1")]
    [InlineData("llava_hf")]
    [InlineData("solo")]
    public void It_is_one_for_every_place_of_the_image_tag_and_for_the_view_without_images(string template)
    {
        string[] questions = ["<image>\nwhat is red", "what is red\n<image>", "<image>what is red"];
        var prints = questions.SelectMany(question => Views(template, Dialogue(question))).Distinct();
        Assert.NotNull(Assert.Single(prints));
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("llava_v1")]
    [InlineData("solo")]
    public void A_caption_has_one_too(string template)
    {
        var caption = Dialogue("<image>") with { Turns = [new Turn(Role.Human, "<image>"), new Turn(Role.Assistant, "a circle")] };
        Assert.NotNull(Assert.Single(Views(template, caption).Distinct()));
    }

    [Fact]
    public void Another_question_answer_instruction_or_template_is_another()
    {
        var sample = Dialogue("<image>\nwhat is red");
        string?[] prints =
        [
            Views("auto", sample)[0],
            Views("auto", Dialogue("<image>\nwhat is blue"))[0],
            Views("auto", sample with { Turns = [.. sample.Turns.Take(2), new Turn(Role.Human, "and now"), sample.Turns[3]] })[0],
            Views("auto", sample with { Turns = [new Turn(Role.System, "a circle"), .. sample.Turns] })[0],
            Views("llava_hf", sample)[0],
        ];
        Assert.Equal(prints.Length, prints.Distinct().Count());
    }

    [Fact]
    public void A_sample_without_images_keeps_its_own_text()
    {
        var text = Dialogue("what is red") with { Images = [] };
        Assert.NotNull(Assert.Single(Views("auto", text).Distinct()));
        Assert.NotEqual(Views("auto", text)[0], Views("auto", text with { Turns = [new Turn(Role.Human, "what is blue"), .. text.Turns.Skip(1)] })[0]);
    }

    private string?[] Views(string template, Sample sample)
    {
        var encoder = new SampleEncoder(_tokenizer, TemplateChoice.Parse(template));
        return [encoder.Encode(sample).ConversationFingerprint, new TextOnlyEncoder(encoder).Encode(sample).ConversationFingerprint];
    }

    private static Sample Dialogue(string question) => new(new SampleKey("d.json", 0), null, ["1.png"],
        [new Turn(Role.Human, question), new Turn(Role.Assistant, "a circle"), new Turn(Role.Human, "and then"), new Turn(Role.Assistant, "a square")]);
}
