using Fovea.Core.Randomness;

namespace Fovea.Data.Scenes;

/// <summary>A question and its worded answer; the question's turn is still to be set.</summary>
internal sealed record DrawnQuestion(SceneQuestion Question, AnnotatedText Answer);

/// <summary>
/// Draws and words questions. Wrong labels and answers that follow the prior come from streams of their own: their rates leave the questions as they are.
/// </summary>
internal sealed class QuestionText(SceneSpec spec, Scene scene, RandomSource random, RandomSource extras, RandomSource labels, PriorText prior)
{
    /// <summary>A question of that type which is not among <paramref name="asked"/>, or null if none was found.</summary>
    public DrawnQuestion? Draw(SceneQuestionType type, IReadOnlyList<DrawnQuestion> asked)
    {
        var question = type switch
        {
            SceneQuestionType.Colour => Colour(),
            SceneQuestionType.Shape => Shape(),
            SceneQuestionType.Count => Count(),
            SceneQuestionType.Relation => Relation(),
            SceneQuestionType.Existence => asked.Any(a => a.Question.Type == type) ? null : Existence(),
            SceneQuestionType.TextOnly => TextOnly(),
            SceneQuestionType.Description => Description(),
            _ => throw new ArgumentOutOfRangeException(nameof(type)),
        };
        return question is null || asked.Any(a => a.Question.Text == question.Question.Text) ? null : question;
    }

    private DrawnQuestion Colour()
    {
        var o = random.Pick(scene.Objects);
        var shape = SceneWords.Of(o.Shape);
        var label = Label(SceneQuestionType.Colour, $"what colour is the {shape}?", shape, SceneWords.Of(o.Colour), SceneWords.Colours);
        var (said, tokenClass) = Stated(label, TokenClass.Colour, prior.Colour(o) is { } favourite ? SceneWords.Of(favourite) : null);
        return new(said, new AnnotatedText().Filler($"the {shape} is").Add(tokenClass, said.Given!).Stop());
    }

    private DrawnQuestion Shape()
    {
        var o = random.Pick(scene.Objects);
        var place = SceneWords.Place(o.Row, o.Column);
        var label = Label(SceneQuestionType.Shape, $"what shape is in the {place}?", place, SceneWords.Of(o.Shape), [.. spec.Shapes.Select(SceneWords.Of)]);
        return new(label, new AnnotatedText().Filler("it is a").Add(Class(label, TokenClass.Shape), label.Given!).Stop());
    }

    private DrawnQuestion Count()
    {
        string[] words = [.. SceneWords.Numbers.Take(Math.Max(3, spec.MaxObjects))];
        var label = Label(SceneQuestionType.Count, "how many objects do you see?", null, words[scene.Objects.Count - 1], words);
        return new(label, new AnnotatedText().Filler("the number of objects is").Add(Class(label, TokenClass.Count), label.Given!).Stop());
    }

    private DrawnQuestion? Relation()
    {
        if (scene.Objects.Count < 2)
        {
            return null;
        }

        var pair = random.Permutation(scene.Objects.Count);
        var (subject, other) = (scene.Objects[pair[0]], scene.Objects[pair[1]]);
        var direction = random.Pick(SceneRelation.Directions(subject, other));
        var asked = random.Chance(0.5) ? direction : SceneRelation.Opposite(direction);
        var (first, second) = (SceneWords.Of(subject.Shape), SceneWords.Of(other.Shape));
        if (random.Chance(0.5))
        {
            var text = $"is the {first} {SceneRelation.Phrase(asked)} the {second}?";
            return YesNo(Label(SceneQuestionType.Relation, text, first, asked == direction ? "yes" : "no", SceneWords.YesNo), "it is", "it is not", null);
        }

        var opposite = SceneRelation.Opposite(asked);
        var label = Label(
            SceneQuestionType.Relation, $"is the {first} {asked} or {SceneRelation.Phrase(opposite)} the {second}?", first, direction, [asked, opposite]);
        return new(label, new AnnotatedText().Filler("it is").Direction(label.Given!, Class(label, TokenClass.Position)).Filler($"the {second}").Stop());
    }

    /// <summary>At most one a dialogue: yes or no at even odds first, then one of the shapes that are there, or are not.</summary>
    private DrawnQuestion Existence()
    {
        var yes = random.Chance(0.5);
        SceneShape[] shapes = [.. spec.Shapes.Where(s => (scene.Find(s) is not null) == yes)];
        var drawn = random.Pick(shapes);
        var shape = SceneWords.Of(drawn);
        var label = Label(SceneQuestionType.Existence, $"is there a {shape} in the image?", shape, yes ? "yes" : "no", SceneWords.YesNo);
        return YesNo(label, $"there is a {shape}", $"there is no {shape}", prior.Claims(drawn) ? "yes" : null);
    }

    private DrawnQuestion TextOnly()
    {
        var fact = random.Pick(TextFact.All);
        var label = new SceneQuestion(0, SceneQuestionType.TextOnly, fact.Question, null, fact.Word, fact.Word, WrongLabel: false);
        return new(label, fact.Answer());
    }

    private DrawnQuestion Description()
    {
        var label = new SceneQuestion(0, SceneQuestionType.Description, "describe the image.", null, null, null, WrongLabel: false);
        return new(label, new CaptionText(spec, scene, random, extras, prior).Draw());
    }

    private static DrawnQuestion YesNo(SceneQuestion label, string yes, string no, string? byPrior)
    {
        var (said, tokenClass) = Stated(label, TokenClass.Answer, byPrior);
        return new(said, new AnnotatedText().Add(tokenClass, said.Given!).Comma().Filler(said.Given == "yes" ? yes : no).Stop());
    }

    /// <summary>The question as it is answered, and what the answer's word carries: what the prior says, or else the label.</summary>
    private static (SceneQuestion Question, TokenClass Class) Stated(SceneQuestion label, TokenClass tokenClass, string? byPrior) => byPrior is null
        ? (label, Class(label, tokenClass))
        : (label with { Given = byPrior, WrongLabel = true }, TokenClass.PriorFollowing);

    private static TokenClass Class(SceneQuestion label, TokenClass tokenClass) => label.WrongLabel ? TokenClass.WrongLabel : tokenClass;

    private SceneQuestion Label(SceneQuestionType type, string text, string? subject, string gold, IReadOnlyList<string> words)
    {
        var other = labels.Pick([.. words.Where(w => w != gold)]);
        var wrong = labels.Chance(spec.WrongLabelRate);
        return new SceneQuestion(0, type, text, subject, gold, wrong ? other : gold, wrong);
    }
}
