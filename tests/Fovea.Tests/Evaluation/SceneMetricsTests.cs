using Fovea.Core.Results;
using Fovea.Evaluation.Scenes;
using Fovea.Evaluation.Statistics;
using Xunit;

namespace Fovea.Tests.Evaluation;

public sealed class SceneMetricsTests
{
    private static Metric Of(EvalResult result, string name) => result.Metrics.Single(m => m.Name == name);

    [Fact]
    public void Captions_by_hand()
    {
        DescribedObject[] truth = [new("circle", "red", "top left", "small"), new("circle", "blue", "centre", "large"), new("square", "red", "top", "small")];
        var result = SceneCaptionMetrics.Evaluate(2,
        [
            // Right colour of one of the circles; a position that no circle has; a hallucinated star, whose attributes do not count.
            new CaptionedScene(0, [new("circle", "blue", "top", null), new("star", "green", "centre", "small"), new("square", "blue", null, "small")], truth, 12),
            new CaptionedScene(1, [], truth, 4),
        ]);
        Assert.Equal(1 / 3.0, Of(result, "chair_i").Value, 12);
        Assert.Equal(1 / 2.0, Of(result, "chair_s").Value, 12);
        Assert.Equal(2 / 4.0, Of(result, "recall").Value, 12);
        Assert.Equal(8, Of(result, "mean_words").Value, 12);
        Assert.Equal(1 / 2.0, Of(result, "attribute_error/colour").Value, 12);
        Assert.Equal(1, Of(result, "attribute_error/position").Value, 12);
        Assert.Equal(0, Of(result, "attribute_error/size").Value, 12);
        Assert.Equal(2 / 4.0, Of(result, "attribute_error").Value, 12);
        Assert.Equal([4.0, 0.0], Of(result, "attribute_error").Denominators);
    }

    [Fact]
    public void Answers_by_hand()
    {
        var result = SceneAnswerMetrics.Evaluate(2,
        [
            new AnsweredQuestion(0, "colour", true, null),
            new AnsweredQuestion(0, "existence", false, (true, false)),
            new AnsweredQuestion(1, "existence", true, (true, true)),
            new AnsweredQuestion(1, "colour", false, null),
            new AnsweredQuestion(1, "colour", false, null),
        ]);
        Assert.Equal(2 / 5.0, Of(result, "qa_accuracy").Value, 12);
        Assert.Equal(1 / 3.0, Of(result, "qa_accuracy/colour").Value, 12);
        Assert.Equal([1.0, 2.0], Of(result, "qa_accuracy/colour").Denominators);
        Assert.Equal(1 / 2.0, Of(result, "pope_recall").Value, 12);
        Assert.Equal(1, Of(result, "pope_precision").Value, 12);
    }

    [Fact]
    public void Scenes_without_captions_and_questions_are_no_data()
    {
        Assert.All(SceneCaptionMetrics.Evaluate(3, []).Metrics, m => Assert.Null(Bootstrap.Of(m).Value));
        Assert.All(SceneAnswerMetrics.Evaluate(3, []).Metrics, m => Assert.Null(Bootstrap.Of(m).Value));
    }
}
