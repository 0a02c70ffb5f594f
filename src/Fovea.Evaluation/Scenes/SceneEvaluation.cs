using Fovea.Core.Results;
using Fovea.Core.Watching;
using Fovea.Data.Scenes;
using Fovea.Evaluation.Protocols;
using Fovea.Evaluation.Results;
using Fovea.Evaluation.Running;

namespace Fovea.Evaluation.Scenes;

/// <summary>How scenes are evaluated.</summary>
public sealed record SceneEvaluationOptions
{
    /// <summary>Most tokens of a generated caption. Default 96.</summary>
    public int MaxCaptionTokens { get; init; } = 96;

    /// <summary>Most tokens of a generated answer. Default 24.</summary>
    public int MaxAnswerTokens { get; init; } = 24;

    /// <summary>Evaluate the first scenes only; null for all.</summary>
    public int? MaxScenes { get; init; }
}

/// <summary>
/// Held-out scenes. Captions and dialogues have templates of their own, so each part is evaluated with its own <see cref="ModelUnderTest"/>.
/// </summary>
/// <param name="Captions">Caption records (one exchange each); null to leave captions out.</param>
/// <param name="Dialogues">Dialogue records; null to leave questions out.</param>
/// <param name="Annotations">Ground truth of both.</param>
public sealed record SceneData(ICorpus? Captions, ICorpus? Dialogues, SceneAnnotations Annotations);

/// <summary>
/// The scene benchmark. Predictions are separate from metrics, so that these can be made again without the model. The unit is the scene;
/// a dialogue without an image counts to the scene whose place it takes. On a conflict set every metric's name begins with <c>conflict/</c>.
/// </summary>
public static class SceneEvaluation
{
    private const int CaptionTurn = 1;

    /// <summary>Generates, greedily, a caption of every scene under the captions' template.</summary>
    /// <exception cref="FoveaException">There are no captions, or an image cannot be read.</exception>
    public static IReadOnlyList<Prediction> PredictCaptions(
        ModelUnderTest subject, SceneData data, SceneEvaluationOptions? options = null, IProgressSink? progress = null, CancellationToken cancel = default)
    {
        options ??= new SceneEvaluationOptions();
        var questions = Records(data, Captions(data), options).Select(s => new Question(s, CaptionTurn)).ToArray();
        return AnswerGenerator.Generate(subject, Captions(data), questions, options.MaxCaptionTokens, progress, cancel);
    }

    /// <summary>
    /// Generates, greedily, the answer to every question that has one true answer; earlier turns are in the context as they are in the corpus.
    /// </summary>
    /// <exception cref="FoveaException">There are no dialogues, or an image cannot be read.</exception>
    public static IReadOnlyList<Prediction> PredictAnswers(
        ModelUnderTest subject, SceneData data, SceneEvaluationOptions? options = null, IProgressSink? progress = null, CancellationToken cancel = default)
    {
        options ??= new SceneEvaluationOptions();
        var questions = Questions(data, options).Select(q => new Question(q.Sample, q.Question.Turn)).ToArray();
        return AnswerGenerator.Generate(subject, Dialogues(data), questions, options.MaxAnswerTokens, progress, cancel);
    }

    /// <summary>Metrics of generated captions; see <see cref="SceneCaptionMetrics.Evaluate"/>.</summary>
    /// <exception cref="FoveaException">A caption is not among the predictions.</exception>
    public static EvalResult ScoreCaptions(SceneData data, IReadOnlyList<Prediction> predictions, SceneEvaluationOptions? options = null)
    {
        options ??= new SceneEvaluationOptions();
        var said = new PredictionLookup(predictions);
        var captions = Records(data, Captions(data), options).Select(s => new CaptionedScene(SceneOf(data, s), said.Text(s.Key, CaptionTurn)));
        return Named(data, SceneCaptionMetrics.Evaluate(Units(data, options), captions));
    }

    /// <summary>Metrics of generated answers; see <see cref="SceneAnswerMetrics.Evaluate"/>.</summary>
    /// <exception cref="FoveaException">An answer is not among the predictions.</exception>
    public static EvalResult ScoreAnswers(SceneData data, IReadOnlyList<Prediction> predictions, SceneEvaluationOptions? options = null)
    {
        options ??= new SceneEvaluationOptions();
        var said = new PredictionLookup(predictions);
        var answers = Questions(data, options).Select(q =>
        {
            var text = said.Text(q.Sample.Key, q.Question.Turn);
            return new AnsweredQuestion(
                q.Sample.Key.Record,
                SceneClasses.NameOf(q.Question.Type),
                SceneAnswers.IsCorrect(q.Question, text),
                q.Question.Type == SceneQuestionType.Existence ? (q.Question.Gold == "yes", PopeAnswer.Parse(text)) : null);
        });
        return Named(data, SceneAnswerMetrics.Evaluate(Units(data, options), [.. answers]));
    }

    /// <summary>Likelihood of the gold captions by class of word; see <see cref="SceneNll.Evaluate"/>.</summary>
    /// <exception cref="FoveaException">There are no captions, the tokenizer is not the scenes' own, or an image cannot be read.</exception>
    public static EvalResult ScoreGold(
        ModelUnderTest subject, SceneData data, SceneEvaluationOptions? options = null, IProgressSink? progress = null)
    {
        options ??= new SceneEvaluationOptions();
        var captions = Records(data, Captions(data), options).Select(sample =>
        {
            var tokens = subject.Encoder.Encode(sample);
            return new ClassifiedCaption(SceneOf(data, sample).Index, sample, tokens, SceneClasses.Of(data.Annotations, tokens));
        }).ToArray();
        return Named(data, SceneNll.Evaluate(subject, Captions(data), Units(data, options), captions, SceneClasses.ClosedIds(), progress));
    }

    private static IEnumerable<Sample> Records(SceneData data, ICorpus corpus, SceneEvaluationOptions options)
    {
        var units = Units(data, options);
        return corpus.Samples.Where(s => s.Key.Record < units);
    }

    private static IEnumerable<(Sample Sample, SceneQuestion Question)> Questions(SceneData data, SceneEvaluationOptions options) =>
        from sample in Records(data, Dialogues(data), options)
        from question in data.Annotations.QuestionsOf(sample.Key)
        where question.Gold is not null
        select (sample, question);

    private static int Units(SceneData data, SceneEvaluationOptions options) =>
        Math.Min(options.MaxScenes ?? int.MaxValue, data.Annotations.Scenes.Count);

    private static Scene SceneOf(SceneData data, Sample sample) =>
        data.Annotations.SceneOf(sample.Key)
        ?? throw new InvalidInputException(sample.Key.Source, sample.Key.Record, "a caption that belongs to no scene; expected the captions of a scene corpus");

    private static ICorpus Captions(SceneData data) => data.Captions ?? throw new FoveaException("scene evaluation: no captions were given");

    private static ICorpus Dialogues(SceneData data) => data.Dialogues ?? throw new FoveaException("scene evaluation: no dialogues were given");

    private static EvalResult Named(SceneData data, EvalResult result) => data.Annotations.Spec.Conflict
        ? result with { Evaluation = result.Evaluation + "_conflict", Metrics = [.. result.Metrics.Select(m => m with { Name = "conflict/" + m.Name })] }
        : result;
}
