using Fovea.Data.Scenes;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Scenes;

public sealed class SceneCaptionTests
{
    private const int Many = 2000;

    [Property(MaxTest = 100)]
    public void Every_character_but_blanks_has_one_class_and_every_word_is_of_its_class(int seed, NonNegativeInt index)
    {
        var plain = new SceneSpec { Seed = seed, NoiseRate = 0.7, NoisePhrases = 2, WrongLabelRate = 0.3, MaxObjects = 4, QuestionsPerDialogue = 8 };
        var spec = plain with { PriorColourRate = 0.5, PriorPartnerRate = 0.5, TextOnlyQuestionRate = 0.3 };

        SpanChecks.Check(SceneWorld.Caption(spec, index.Get));
        SpanChecks.Check(SceneWorld.Dialogue(spec, index.Get));
    }

    [Property(MaxTest = 200)]
    public void Parsing_a_caption_recovers_its_scene(int seed, NonNegativeInt index, bool noisy)
    {
        var spec = new SceneSpec { Seed = seed, NoiseRate = noisy ? 1 : 0, NoisePhrases = 2, MaxObjects = 5 };
        var scene = SceneWorld.Scene(spec, index.Get);
        var parsed = SceneCaptionParser.Parse(SceneWorld.Caption(spec, index.Get).Sample.Turns[1].Text);

        Assert.Equal(scene.Objects.Select(o => (o.Shape, (SceneColour?)o.Colour)), parsed.Objects.Select(o => (o.Shape, o.Colour)));
        Assert.All(parsed.Mentions, m => Assert.True(m.IsTrueOf(scene), m.ToString()));
        Assert.All(parsed.Relations, r => Assert.True(r.Holds(scene), r.ToString()));
        Assert.Equal(scene.Background, parsed.Background);
        Assert.Equal(scene.Objects.Count, parsed.Count);
    }

    [Fact]
    public void Parsing_finds_every_size_place_and_relation_that_is_said()
    {
        foreach (var record in SceneCorpus.Captions(new SceneSpec { NumScenes = 400, MaxObjects = 5 }).Annotated)
        {
            var text = record.Sample.Turns[1].Text;
            var parsed = SceneCaptionParser.Parse(text);
            string[] words = [.. record.Spans.Where(s => s.Class is TokenClass.Size or TokenClass.Position).Select(s => text[s.Start..s.End])];

            Assert.Equal(words.Count(SceneWords.Sizes.Contains), parsed.Objects.Count(o => o.Size is not null));
            Assert.Equal(words.Length - words.Count(SceneWords.Sizes.Contains), (2 * parsed.Objects.Count(o => o.Row is not null)) + parsed.Relations.Count);
        }
    }

    [Fact]
    public void Captions_are_about_thirty_words_long()
    {
        int[] lengths = [.. Enumerable.Range(0, Many).Select(i => SceneWorld.Caption(new SceneSpec(), i).Sample.Turns[1].Text.Split(' ').Length)];

        Assert.InRange(lengths.Average(), 25, 33);
        Assert.All(lengths, l => Assert.InRange(l, 10, 60));
    }

    [Fact]
    public void Noise_and_boilerplate_come_at_their_rates_and_leave_the_rest_alone()
    {
        var spec = new SceneSpec { NoiseRate = 0.3, BoilerplateRate = 0.6 };
        AnnotatedSample[] records = [.. Enumerable.Range(0, Many).Select(i => SceneWorld.Caption(spec, i))];

        // Four standard errors of 2000 draws.
        Assert.Equal(0.3, records.Average(r => r.Spans.Any(s => s.Class == TokenClass.Noise) ? 1.0 : 0), 0.045);
        Assert.Equal(0.6, records.Average(r => SceneWords.BoilerplateSentences.Any(b => Text(r).EndsWith(b + ".", StringComparison.Ordinal)) ? 1.0 : 0), 0.045);
        for (var i = 0; i < 100; i++)
        {
            var plain = SceneWorld.Caption(spec with { NoiseRate = 0 }, i);
            Assert.Equal(Grounded(plain), Grounded(records[i]));
        }

        static string Text(AnnotatedSample r) => r.Sample.Turns[1].Text;
        static string Grounded(AnnotatedSample r) =>
            string.Join(' ', r.Spans.Where(s => s.Class is not (TokenClass.Noise or TokenClass.Boilerplate)).Select(s => Text(r)[s.Start..s.End]));
    }

    [Fact]
    public void Only_a_boilerplate_sentence_begins_as_one()
    {
        string[] openings = [.. SceneWords.BoilerplateSentences.Select(b => b.Split(' ')[0])];
        var others = SceneCorpus.Captions(new SceneSpec { NumScenes = 400, BoilerplateRate = 0, NoiseRate = 1 }).Samples
            .SelectMany(s => s.Turns[1].Text.TrimEnd('.').Split(". ")).Select(s => s.Split(' ')[0]).ToHashSet();

        Assert.Equal(openings.Length, openings.Distinct().Count());
        Assert.Equal(["in", "on", "sent", "taken", "the", "there", "we"], others.Order());
        Assert.DoesNotContain(openings, others.Contains);
    }

    [Property(MaxTest = 200)]
    public void Any_text_can_be_parsed(string? text)
    {
        var parsed = SceneCaptionParser.Parse(text ?? "");
        Assert.True(parsed.Objects.Count <= parsed.Mentions.Count);
    }

    [Fact]
    public void Babble_is_read_for_what_it_says()
    {
        var parsed = SceneCaptionParser.Parse("A red red circle the is. xyzzy small pink ring on the Top left of and blue square, no triangle. the the ring is "
            + "above. two objects");

        Assert.Equal(
            [
                new MentionedObject(SceneShape.Circle, SceneColour.Red, null, null, null),
                new MentionedObject(SceneShape.Ring, SceneColour.Pink, SceneSize.Small, 0, 0),
                new MentionedObject(SceneShape.Square, SceneColour.Blue, null, null, null),
            ],
            parsed.Objects);
        Assert.Equal(4, parsed.Mentions.Count);
        Assert.Empty(parsed.Relations);
        Assert.Null(parsed.Background);
        Assert.Equal(2, parsed.Count);
    }

    [Fact]
    public void The_first_thing_said_of_an_object_counts_and_false_things_are_false()
    {
        var scene = new Scene(0, SceneBackground.Grey, [new SceneObject(SceneShape.Bar, SceneColour.Green, SceneSize.Large, 2, 1)], 0);
        var parsed = SceneCaptionParser.Parse("the bar in the bottom center is green. the bar is red and small. the circle is left of the bar.");

        Assert.Equal(new MentionedObject(SceneShape.Bar, SceneColour.Green, SceneSize.Small, 2, 1), parsed.Objects[0]);
        Assert.Equal([true, false, false, true], parsed.Mentions.Select(m => m.IsTrueOf(scene)));
        Assert.False(Assert.Single(parsed.Relations).Holds(scene));
    }
}
