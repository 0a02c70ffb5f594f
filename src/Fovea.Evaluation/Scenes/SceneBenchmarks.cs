using Fovea.Core.Results;
using Fovea.Data.Scenes;
using Fovea.Evaluation.Running;

namespace Fovea.Evaluation.Scenes;

/// <summary>The built-in world's evaluations in the catalogue; their annotations lie in the corpus's folder.</summary>
public static class SceneBenchmarks
{
    private const string CaptionTemplate = "llava_plain", DialogueTemplate = "llava_v1";

    /// <summary>Captions are generated, and gold ones read.</summary>
    public static Benchmark Captions { get; } = new("scene-captions", "CHAIR, recall, grounded NLL and accuracy of captions of the built-in world", OfCaptions);

    /// <summary>Questions are asked.</summary>
    public static Benchmark Questions { get; } = new("scene-questions", "POPE and questions by type on dialogues of the built-in world", OfQuestions);

    private static IEnumerable<EvalResult> OfCaptions(BenchmarkInput input)
    {
        var (data, options) = (new SceneData(input.Corpus, null, SceneAnnotations.Load(input.Folder)),
            new SceneEvaluationOptions { MaxCaptionTokens = input.MaxNewTokens });
        var captions = SceneEvaluation.PredictCaptions(input.Subject(CaptionTemplate), data, options, input.Progress, input.Stop);
        input.Keep("captions", captions);
        yield return SceneEvaluation.ScoreCaptions(data, captions, options);
        yield return SceneEvaluation.ScoreGold(input.Subject(CaptionTemplate), data, options, input.Progress);
    }

    private static IEnumerable<EvalResult> OfQuestions(BenchmarkInput input)
    {
        var data = new SceneData(null, input.Corpus, SceneAnnotations.Load(input.Folder));
        var answers = SceneEvaluation.PredictAnswers(input.Subject(DialogueTemplate), data, null, input.Progress, input.Stop);
        input.Keep("answers", answers);
        yield return SceneEvaluation.ScoreAnswers(data, answers);
    }
}
