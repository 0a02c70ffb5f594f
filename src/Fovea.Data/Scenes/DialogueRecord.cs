using Fovea.Core.Randomness;

namespace Fovea.Data.Scenes;

/// <summary>
/// Draws a dialogue: the questions' kinds in a random order, each kind once before any comes again, no question twice. Then existence goes first, shapes second
/// and a description last: otherwise earlier turns would tell what the image should ("what colour is the ring?" gives away that there is one).
/// </summary>
internal sealed class DialogueRecord
{
    private readonly SceneSpec _spec;
    private readonly Scene _scene;
    private readonly RandomSource _random;
    private readonly RandomSource _needless;
    private readonly QuestionText _questions;
    private readonly List<DrawnQuestion> _drawn = [];

    public DialogueRecord(SceneSpec spec, Scene scene, Func<string, RandomSource> stream)
    {
        _spec = spec;
        _scene = scene;
        _random = stream("");
        _needless = stream("-text-only");
        _questions = new QuestionText(spec, scene, _random, stream("-extras"), stream("-labels"), new PriorText(spec, scene, stream("-prior")));
    }

    public AnnotatedSample Draw()
    {
        var textOnly = _random.Chance(_spec.TextOnlyRecordRate);
        var rate = textOnly ? null : _spec.TextOnlyQuestionRate;
        SceneQuestionType[] types = textOnly ? [SceneQuestionType.TextOnly]
            : [.. Enum.GetValues<SceneQuestionType>().Where(t => rate is null || t != SceneQuestionType.TextOnly)];
        while (_drawn.Count < _spec.QuestionsPerDialogue)
        {
            var before = _drawn.Count;
            foreach (var type in _random.Permutation(types.Length))
            {
                var asked = _needless.Chance(rate ?? 0) ? SceneQuestionType.TextOnly : types[type];
                if (_drawn.Count < _spec.QuestionsPerDialogue && _questions.Draw(asked, _drawn) is { } question)
                {
                    _drawn.Add(question);
                }
            }

            if (rate is not null && _drawn.Count == before)
            {
                types = [SceneQuestionType.TextOnly]; // the image has nothing more to ask
            }
        }

        return Record(textOnly);
    }

    private static int Place(SceneQuestionType type) => type switch
    {
        SceneQuestionType.Existence => 0,
        SceneQuestionType.Shape => 1,
        SceneQuestionType.Description => 3,
        _ => 2,
    };

    private AnnotatedSample Record(bool textOnly)
    {
        var turns = new List<Turn> { new(Role.System, SceneWords.SystemSentence) };
        var spans = new List<ClassSpan>();
        var questions = new List<SceneQuestion>();
        foreach (var drawn in _drawn.OrderBy(d => Place(d.Question.Type)))
        {
            var tag = turns.Count == 1 && !textOnly ? "<image>\n" : "";
            turns.Add(new Turn(Role.Human, tag + drawn.Question.Text));
            questions.Add(drawn.Question with { Turn = turns.Count });
            spans.AddRange(drawn.Answer.Spans(turns.Count));
            turns.Add(new Turn(Role.Assistant, drawn.Answer.Text));
        }

        var sample = new Sample(
            new SampleKey(SceneWorld.DialoguesFile, _scene.Index),
            FormattableString.Invariant($"{_spec.Split}-dialogue-{_scene.Index:D6}"),
            textOnly ? [] : [SceneWorld.ImageName(_scene.Index)],
            turns);
        return new AnnotatedSample(sample, textOnly ? null : _scene.Index, spans, questions);
    }
}
