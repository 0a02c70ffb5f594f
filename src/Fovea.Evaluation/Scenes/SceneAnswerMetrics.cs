using Fovea.Core.Results;
using Fovea.Evaluation.Protocols;
using Fovea.Evaluation.Statistics;

namespace Fovea.Evaluation.Scenes;

/// <summary>One question of a scene, answered.</summary>
/// <param name="Scene">Index of the scene, the unit.</param>
/// <param name="Type">Kind of question, e.g. <c>colour</c>.</param>
/// <param name="Correct">Whether the answer is right.</param>
/// <param name="Existence">For an existence question the truth ("yes" is true) and POPE's reading of the answer; null for others.</param>
public sealed record AnsweredQuestion(int Scene, string Type, bool Correct, (bool GoldYes, bool SaidYes)? Existence);

/// <summary>Accuracy of answers by type of question and pooled, and POPE's metrics over existence questions.</summary>
public static class SceneAnswerMetrics
{
    /// <summary>Metrics <c>qa_accuracy</c>, <c>qa_accuracy/TYPE</c> and <c>pope_*</c>; the types in the order of their names.</summary>
    public static EvalResult Evaluate(int scenes, IReadOnlyCollection<AnsweredQuestion> answers)
    {
        var sums = new MetricSums(scenes);
        sums.Declare("qa_accuracy", true);
        foreach (var answer in answers.OrderBy(a => a.Type, StringComparer.Ordinal))
        {
            sums.Add("qa_accuracy", true, answer.Scene, answer.Correct ? 1 : 0);
            sums.Add("qa_accuracy/" + answer.Type, true, answer.Scene, answer.Correct ? 1 : 0);
        }

        PopeMetrics.Declare(sums);
        foreach (var answer in answers)
        {
            if (answer.Existence is { } existence)
            {
                PopeMetrics.Add(sums, answer.Scene, existence.GoldYes, existence.SaidYes);
            }
        }

        return sums.ToResult("scene_answers", "scene");
    }
}
