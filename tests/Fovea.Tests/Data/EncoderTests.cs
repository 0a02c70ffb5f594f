using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Data.Templates;
using Xunit;

namespace Fovea.Tests.Data;

/// <summary>What targets are, whom they belong to, and what does not change them.</summary>
public sealed class EncoderTests
{
    private static readonly Sample TwoTurns = Fixture.Sample(["a.jpg"],
        (Role.Human, "<image>\nWhat is on the table?"), (Role.Assistant, "A red bowl."), (Role.Human, "And beside it?"), (Role.Assistant, ""));

    private static readonly Sample Caption = Fixture.Sample(["a.jpg"], (Role.Human, "<image>"), (Role.Assistant, "A dog on a beach."));

    [Theory]
    [InlineData("tiny_llama", "llava_v1")]
    [InlineData("tiny_mistral", "solo")]
    public void Spans_of_targets_cover_the_answer_and_end_tokens_stand_at_its_end(string tokenizer, string template)
    {
        var tokens = Encoder(tokenizer, template).Encode(TwoTurns);
        var first = tokens.TargetSpans.TakeWhile(s => s.Turn == 1).ToList();
        Assert.Equal("A red bowl.", string.Concat(first.Select(s => "A red bowl."[s.Start..s.End])));
        Assert.Equal(new TargetSpan(1, 11, 11), first[^1]);
        Assert.Equal(new TargetSpan(3, 0, 0), tokens.TargetSpans[^1]);
        Assert.Equal([first.Count - 1, tokens.TargetSpans.Length - 1], tokens.EndTargets);
        Assert.All(tokens.EndTargets, e => Assert.Equal(Encoder(tokenizer, template).EndId, tokens.TargetIds()[e]));
    }

    [Fact]
    public void End_tokens_are_found_by_place_and_not_by_id()
    {
        var typed = Fixture.Sample([], (Role.Human, "Hi"), (Role.Assistant, "a</s>b"));
        var tokens = Encoder("tiny_llama", "llava_v1").Encode(typed);
        Assert.Equal(2, tokens.TargetIds().Count(i => i == 2));
        Assert.Equal([tokens.TargetIndices.Length - 1], tokens.EndTargets);
    }

    [Fact]
    public void Auto_renders_bare_captions_plainly_and_all_else_as_conversation()
    {
        var encoder = Encoder("tiny_llama", "auto");
        Assert.Equal(Encoder("tiny_llama", "llava_plain").Encode(Caption).InputIds, encoder.Encode(Caption).InputIds);
        Assert.Equal(Encoder("tiny_llama", "llava_v1").Encode(TwoTurns).InputIds, encoder.Encode(TwoTurns).InputIds);
        Assert.Contains("llava_plain, llava_v1, llava_hf, chatml, chatml_bare, mistral_instruct, solo",
            Assert.Throws<FoveaException>(() => TemplateChoice.Parse("vicuna")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tiny_llama", "auto")]
    [InlineData("tiny_mistral", "auto")]
    [InlineData("tiny_mistral", "solo")]
    public void Without_the_image_targets_stay_and_only_the_context_changes(string tokenizer, string template)
    {
        var encoder = Encoder(tokenizer, template);
        foreach (var sample in (Sample[])[Caption, TwoTurns, TwoTurns with { Turns = [new Turn(Role.Human, "What is that? <image>"), TwoTurns.Turns[1]] }])
        {
            var (seen, text) = (encoder.Encode(sample), new TextOnlyEncoder(encoder).Encode(sample));
            Assert.DoesNotContain(TokenizedSample.ImagePlaceholder, text.InputIds);
            Assert.Empty(text.Images);
            Assert.Equal(seen.TargetIds(), text.TargetIds());
            Assert.Equal(seen.TextFingerprint, text.TextFingerprint);
            Assert.NotEqual(seen.ContextFingerprint, text.ContextFingerprint);
        }
    }

    [Fact]
    public void A_caption_without_its_image_is_the_first_token_and_the_caption()
    {
        var encoder = Encoder("tiny_llama", "llava_plain");
        Assert.Equal([1, .. encoder.Encode(Caption).TargetIds()], new TextOnlyEncoder(encoder).Encode(Caption).InputIds);
        Assert.Equal([1], new TextOnlyEncoder(encoder).EncodePrompt(Caption, 1));
    }

    [Fact]
    public void Fingerprints_of_the_text_depend_on_targets_and_their_turns_alone()
    {
        var encoder = Encoder("tiny_llama", "llava_v1");
        var other = TwoTurns with { Turns = [new Turn(Role.Human, "<image>\nSay."), .. TwoTurns.Turns.Skip(1)] };
        Assert.Equal(encoder.Encode(TwoTurns).TextFingerprint, encoder.Encode(other).TextFingerprint);
        Assert.NotEqual(encoder.Encode(TwoTurns).ContextFingerprint, encoder.Encode(other).ContextFingerprint);
        var changed = TwoTurns with { Turns = [TwoTurns.Turns[0], new Turn(Role.Assistant, "A red cup."), .. TwoTurns.Turns.Skip(2)] };
        Assert.NotEqual(encoder.Encode(TwoTurns).TextFingerprint, encoder.Encode(changed).TextFingerprint);
    }

    [Theory]
    [InlineData("tiny_llama", "llava_v1")]
    [InlineData("tiny_mistral", "solo")]
    public void Prompts_end_where_targets_begin(string tokenizer, string template)
    {
        var (encoder, tokens) = (Encoder(tokenizer, template), Encoder(tokenizer, template).Encode(TwoTurns));
        Assert.Equal(tokens.InputIds[..tokens.TargetIndices[0]], encoder.EncodePrompt(TwoTurns, 1));
        var question = TwoTurns with { Turns = [.. TwoTurns.Turns.Take(1)] };
        Assert.Equal(encoder.EncodePrompt(TwoTurns, 1), encoder.EncodePrompt(question, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => encoder.EncodePrompt(TwoTurns, 2));
    }

    [Fact]
    public void Samples_that_a_template_refuses_are_named_with_file_and_record()
    {
        var error = Assert.Throws<InvalidInputException>(() => Encoder("tiny_llama", "llava_plain").Encode(TwoTurns));
        Assert.StartsWith("records.json, record 7: not_one_exchange: ", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<InvalidInputException>(() => Encoder("tiny_llama", "llava_v1").Encode(TwoTurns with { Images = [] }));
        Assert.StartsWith("records.json, record 7: image_count: ", error.Message, StringComparison.Ordinal);
    }

    private static SampleEncoder Encoder(string tokenizer, string template) => new(Fixture.Tokenizer(tokenizer), TemplateChoice.Parse(template));
}
