using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Data.Scenes;
using Xunit;

namespace Fovea.Tests.Scenes;

public sealed class SceneDialogueTests
{
    private const int Many = 4000;

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.8)]
    public void Existence_is_half_yes_for_every_shape(double bias)
    {
        var questions = Questions(new SceneSpec { Bias = bias, NumScenes = Many, QuestionsPerDialogue = 5 })
            .Where(q => q.Type == SceneQuestionType.Existence).ToList();

        Assert.Equal(0.5, Yes(questions), 0.04);
        foreach (var shape in SceneWords.Shapes)
        {
            var of = questions.Where(q => q.Subject == shape).ToList();
            // Four standard errors of about 450 questions a shape.
            Assert.InRange(of.Count, 300, 700);
            Assert.Equal(0.5, Yes(of), 0.1);
        }

        static double Yes(List<SceneQuestion> asked) => asked.Average(q => q.Gold == "yes" ? 1.0 : 0);
    }

    [Fact]
    public void Existence_is_asked_before_anything_gives_it_away()
    {
        foreach (var record in Dialogues(new SceneSpec { QuestionsPerDialogue = 7 }, 500))
        {
            Assert.InRange(record.Questions.Count(q => q.Type == SceneQuestionType.Existence), 0, 1);
            var at = record.Questions.ToList().FindIndex(q => q.Type == SceneQuestionType.Existence);
            Assert.True(at <= 0);
            var description = record.Questions.ToList().FindIndex(q => q.Type == SceneQuestionType.Description);
            Assert.True(description < 0 || description == record.Questions.Count - 1);
        }
    }

    [Fact]
    public void Wrong_labels_come_at_their_rate_and_only_change_answers()
    {
        var spec = new SceneSpec { NumScenes = 1500, WrongLabelRate = 0.25 };
        var questions = Questions(spec);
        SceneQuestionType[] never = [SceneQuestionType.TextOnly, SceneQuestionType.Description];

        Assert.Equal(0.25, questions.Where(q => !never.Contains(q.Type)).Average(q => q.WrongLabel ? 1.0 : 0), 0.03);
        Assert.DoesNotContain(questions, q => q.WrongLabel && never.Contains(q.Type));
        Assert.All(questions, q => Assert.Equal(q.WrongLabel, q.Gold != q.Given));
        Assert.Equal(
            Questions(spec with { WrongLabelRate = 0 }).Select(q => (q.Turn, q.Text, q.Gold)),
            questions.Select(q => (q.Turn, q.Text, q.Gold)));
    }

    [Fact]
    public void The_golden_answers_follow_from_the_scene()
    {
        var spec = new SceneSpec { MaxObjects = 3 };
        foreach (var record in Dialogues(spec, 800).Where(r => r.SceneIndex is not null))
        {
            var scene = SceneWorld.Scene(spec, record.SceneIndex!.Value);
            foreach (var q in record.Questions)
            {
                Assert.Equal(Truth(q, scene) ?? q.Gold, q.Gold);
            }
        }

        static string? Truth(SceneQuestion q, Scene scene) => q.Type switch
        {
            SceneQuestionType.Colour => SceneWords.Of(scene.Objects.Single(o => SceneWords.Of(o.Shape) == q.Subject).Colour),
            SceneQuestionType.Shape => SceneWords.Of(scene.Objects.Single(o => SceneWords.Place(o.Row, o.Column) == q.Subject).Shape),
            SceneQuestionType.Count => SceneWords.Numbers[scene.Objects.Count - 1],
            SceneQuestionType.Existence => scene.Objects.Any(o => SceneWords.Of(o.Shape) == q.Subject) ? "yes" : "no",
            SceneQuestionType.Relation => Relation(q, scene),
            _ => null,
        };

        static string Relation(SceneQuestion q, Scene scene)
        {
            string[] shapes = [.. q.Text.Split(' ', '?').Where(SceneWords.Shapes.Contains)];
            string[] asked = [.. q.Text.Split(' ').Where(SceneWords.Directions.Contains)];
            var (subject, other) = (Find(shapes[0]), Find(shapes[1]));
            var holds = asked.Where(d => new SceneRelation(subject, d, other).Holds(scene)).ToList();
            return asked.Length == 2 ? Assert.Single(holds) : holds.Count == 1 ? "yes" : "no";
        }

        static SceneShape Find(string word) => Enum.GetValues<SceneShape>().Single(s => SceneWords.Of(s) == word);
    }

    [Fact]
    public void Answers_are_judged_by_their_first_competing_word()
    {
        foreach (var record in Dialogues(new SceneSpec { WrongLabelRate = 0.5 }, 500))
        {
            foreach (var q in record.Questions.Where(q => q.Type != SceneQuestionType.Description))
            {
                Assert.Equal(!q.WrongLabel, SceneAnswers.IsCorrect(q, record.Sample.Turns[q.Turn].Text));
                Assert.False(SceneAnswers.IsCorrect(q, "xyzzy is."));
                Assert.False(SceneAnswers.IsCorrect(q, ""));
            }
        }

        var colour = new SceneQuestion(2, SceneQuestionType.Colour, "what colour is the ring?", "ring", "red", "red", false);
        Assert.True(SceneAnswers.IsCorrect(colour, "The ring, is RED. the circle is blue"));
        Assert.False(SceneAnswers.IsCorrect(colour, "blue or red"));
        Assert.Throws<FoveaException>(() => SceneAnswers.IsCorrect(colour with { Type = SceneQuestionType.Description, Gold = null }, "red"));
    }

    [Fact]
    public void Records_without_an_image_come_at_their_rate_and_ask_nothing_of_it()
    {
        var records = Dialogues(new SceneSpec { TextOnlyRecordRate = 0.2 }, 2000);
        var without = records.Where(r => r.Sample.Images.Count == 0).ToList();

        Assert.Equal(0.2, without.Count / 2000.0, 0.04);
        Assert.All(without, r => Assert.DoesNotContain(r.Sample.Turns, t => t.Text.Contains("<image>", StringComparison.Ordinal)));
        Assert.All(without, r => Assert.All(r.Questions, q => Assert.Equal(SceneQuestionType.TextOnly, q.Type)));
        Assert.All(without, r => Assert.Null(r.SceneIndex));
        Assert.All(records.Except(without), r => Assert.StartsWith("<image>\n", r.Sample.Turns[1].Text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    public void A_dialogue_has_the_asked_number_of_different_questions(int number)
    {
        foreach (var record in Dialogues(new SceneSpec { QuestionsPerDialogue = number, MaxObjects = 1 }, 100))
        {
            Assert.Equal(number, record.Questions.DistinctBy(q => q.Text).Count());
            Assert.Equal([Role.System, .. Enumerable.Repeat<Role[]>([Role.Human, Role.Assistant], number).SelectMany(r => r)],
                record.Sample.Turns.Select(t => t.Role));
            Assert.All(record.Questions, q => Assert.EndsWith(q.Text, record.Sample.Turns[q.Turn - 1].Text, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Questions_use_the_closed_vocabulary()
    {
        var words = Dialogues(new SceneSpec { QuestionsPerDialogue = 12 }, 500).SelectMany(r => r.Sample.Turns)
            .SelectMany(t => t.Text.Replace("<image>\n", "", StringComparison.Ordinal).TrimEnd('?', '.').Split(' '));

        Assert.Subset(SceneWords.All.SelectMany(w => new[] { w, w + ",", w + "." }).ToHashSet(), words.ToHashSet());
        Assert.InRange(SceneWords.All.Count, 100, 217);
    }

    private static List<AnnotatedSample> Dialogues(SceneSpec spec, int number) =>
        [.. Enumerable.Range(0, number).Select(i => SceneWorld.Dialogue(spec, i))];

    private static List<SceneQuestion> Questions(SceneSpec spec) => [.. Dialogues(spec, spec.NumScenes).SelectMany(r => r.Questions)];
}
