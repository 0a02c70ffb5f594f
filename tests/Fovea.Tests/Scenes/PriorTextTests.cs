using Fovea.Data.Scenes;
using Xunit;

namespace Fovea.Tests.Scenes;

/// <summary>Text that follows the language prior against the image.</summary>
public sealed class PriorTextTests
{
    private const int Many = 2000;

    [Fact]
    public void Captions_name_favourite_colours_at_their_rate_and_only_where_the_object_has_another()
    {
        var spec = new SceneSpec { PriorColourRate = 0.3, NoiseRate = 0 };
        var (others, followed) = (0, 0);
        for (var i = 0; i < Many; i++)
        {
            var (scene, record) = (SceneWorld.Scene(spec, i), SceneWorld.Caption(spec, i));
            var parsed = SceneCaptionParser.Parse(record.Sample.Turns[1].Text);
            foreach (var (o, said) in scene.Objects.Zip(parsed.Objects))
            {
                Assert.Contains(said.Colour!.Value, new[] { o.Colour, SceneWorld.Favourite(o.Shape) });
                others += o.Colour == SceneWorld.Favourite(o.Shape) ? 0 : 1;
                followed += said.Colour == o.Colour ? 0 : 1;
            }

            Assert.Equal(parsed.Mentions.Count(m => !m.IsTrueOf(scene)), Followed(record).Count);
        }

        Assert.Equal(0.3, followed / (double)others, 0.035); // four standard errors of about 3300 objects
    }

    [Fact]
    public void Captions_name_an_absent_partner_at_its_rate_in_its_favourite_colour()
    {
        var spec = new SceneSpec { PriorPartnerRate = 0.4, NoiseRate = 0 };
        var (could, did) = (0, 0);
        for (var i = 0; i < Many; i++)
        {
            var (scene, record) = (SceneWorld.Scene(spec, i), SceneWorld.Caption(spec, i));
            could += scene.Objects.Any(o => scene.Find(SceneWorld.Partner(o.Shape)) is null) ? 1 : 0;
            if (Followed(record) is not { Count: > 0 } words)
            {
                continue;
            }

            did++;
            var absent = Assert.Single(SceneCaptionParser.Parse(record.Sample.Turns[1].Text).Objects, o => scene.Find(o.Shape) is null);
            Assert.NotNull(scene.Find(SceneWorld.Partner(absent.Shape)));
            Assert.Equal([SceneWords.Of(SceneWorld.Favourite(absent.Shape)), SceneWords.Of(absent.Shape)], words);
        }

        Assert.Equal(0.4, did / (double)could, 0.045);
    }

    [Fact]
    public void The_rest_of_a_text_stays_as_it_is()
    {
        var spec = new SceneSpec { NoiseRate = 0.5, WrongLabelRate = 0.2, QuestionsPerDialogue = 6 };
        var prior = spec with { PriorColourRate = 0.6, PriorPartnerRate = 0.6 };
        for (var i = 0; i < 200; i++)
        {
            var (plain, follows) = (SceneWorld.Caption(spec, i), SceneWorld.Caption(prior, i));
            Assert.Equal(Rest(plain, plain.Spans.Select(_ => false)), Rest(follows, Partner(follows)));
            Assert.Equal(SceneWorld.Dialogue(spec, i).Questions.Select(q => (q.Turn, q.Text, q.Gold)),
                SceneWorld.Dialogue(prior, i).Questions.Select(q => (q.Turn, q.Text, q.Gold)));
        }

        // Colours are left out on both sides; of a partner the whole sentence, "there is a", two words and a full stop.
        static string Rest(AnnotatedSample r, IEnumerable<bool> left) => string.Join(' ', r.Spans.Zip(left)
            .Where(s => !s.Second && s.First.Class is not (TokenClass.PriorFollowing or TokenClass.Colour)).Select(s => Word(r, s.First)));
        static IEnumerable<bool> Partner(AnnotatedSample r) =>
            r.Spans.Select((_, i) => Enumerable.Range(Math.Max(i - 5, 0), 6).Any(first => first + 4 < r.Spans.Count
            && r.Spans[first + 3].Class == TokenClass.PriorFollowing && r.Spans[first + 4].Class == TokenClass.PriorFollowing && i >= first && i <= first + 5));
    }

    [Fact]
    public void Answers_name_the_favourite_colour_and_confirm_the_absent_partner_at_their_rates()
    {
        var spec = new SceneSpec { PriorColourRate = 0.3, PriorPartnerRate = 0.5, TextOnlyRecordRate = 0, QuestionsPerDialogue = 7 };
        var (colours, partners) = (new List<bool>(), new List<bool>());
        for (var i = 0; i < Many; i++)
        {
            var (scene, record) = (SceneWorld.Scene(spec, i), SceneWorld.Dialogue(spec, i));
            foreach (var q in record.Questions.Where(q => q.Type is SceneQuestionType.Colour or SceneQuestionType.Existence))
            {
                var shape = Enum.GetValues<SceneShape>().Single(s => SceneWords.Of(s) == q.Subject);
                var answer = record.Spans.Where(s => s.Turn == q.Turn && s.Class != TokenClass.Filler).ToList();
                var follows = Assert.Single(answer).Class == TokenClass.PriorFollowing;
                Assert.Equal(follows, q.WrongLabel);
                Assert.Equal(follows, q.Given != q.Gold);
                var against = q.Type == SceneQuestionType.Colour ? q.Gold != SceneWords.Of(SceneWorld.Favourite(shape))
                    : q.Gold == "no" && scene.Find(SceneWorld.Partner(shape)) is not null;
                Assert.True(against || !follows);
                if (against)
                {
                    (q.Type == SceneQuestionType.Colour ? colours : partners).Add(follows);
                    Assert.Equal(!follows ? q.Gold : q.Type == SceneQuestionType.Colour ? SceneWords.Of(SceneWorld.Favourite(shape)) : "yes", q.Given);
                }
            }
        }

        Assert.Equal(0.3, colours.Average(f => f ? 1.0 : 0), 0.05);
        Assert.Equal(0.5, partners.Average(f => f ? 1.0 : 0), 0.12); // four standard errors of about 300 questions
    }

    [Fact]
    public void Wrong_labels_are_a_class_of_their_own()
    {
        var spec = new SceneSpec { WrongLabelRate = 0.4, QuestionsPerDialogue = 7 };
        foreach (var record in Enumerable.Range(0, 300).Select(i => SceneWorld.Dialogue(spec, i)))
        {
            Assert.All(record.Questions.Where(q => q.Gold is not null),
                q => Assert.Equal(q.WrongLabel, record.Spans.Any(s => s.Turn == q.Turn && s.Class == TokenClass.WrongLabel)));
        }
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.4)]
    [InlineData(1.0)]
    public void Questions_that_need_no_image_come_at_their_share(double rate)
    {
        var spec = new SceneSpec { TextOnlyQuestionRate = rate, TextOnlyRecordRate = 0, MinObjects = 3, QuestionsPerDialogue = 4 };
        var types = Enumerable.Range(0, 800).SelectMany(i => SceneWorld.Dialogue(spec, i).Questions).Select(q => q.Type).ToList();

        Assert.Equal(3200, types.Count);
        Assert.Equal(rate, types.Average(t => t == SceneQuestionType.TextOnly ? 1.0 : 0), 0.035);
    }

    [Fact]
    public void Where_the_image_has_no_more_to_ask_the_rest_needs_none()
    {
        var spec = new SceneSpec { TextOnlyQuestionRate = 0, TextOnlyRecordRate = 0, MaxObjects = 1, QuestionsPerDialogue = 12 };
        Assert.All(Enumerable.Range(0, 50).Select(i => SceneWorld.Dialogue(spec, i)),
            r => Assert.Equal(7, r.Questions.Count(q => q.Type == SceneQuestionType.TextOnly)));
    }

    private static List<string> Followed(AnnotatedSample record) =>
        [.. record.Spans.Where(s => s.Class == TokenClass.PriorFollowing).Select(s => Word(record, s))];

    private static string Word(AnnotatedSample record, ClassSpan span) => record.Sample.Turns[span.Turn].Text[span.Start..span.End];
}
