using Fovea.Core.Results;
using Fovea.Data.Scenes;
using Fovea.Evaluation.Scenes;
using Fovea.Evaluation.Statistics;
using Xunit;

namespace Fovea.Tests.Evaluation;

public sealed class SceneMetricsTests
{
    private static Metric Of(EvalResult result, string name) => result.Metrics.Single(m => m.Name == name);

    private static readonly Scene First = new(0, SceneBackground.Grey,
        [new(SceneShape.Circle, SceneColour.Red, SceneSize.Small, 0, 0), new(SceneShape.Square, SceneColour.Blue, SceneSize.Large, 0, 2)], 1);

    [Fact]
    public void Captions_by_hand()
    {
        var result = SceneCaptionMetrics.Evaluate(2,
        [
            // The circle in the wrong place, the square in the wrong colour, a star-free world's ring hallucinated, whose colour does not count.
            new CaptionedScene(First, "we see three objects on a grey background. there is a red circle in the bottom left. "
                + "the square is green and large. there is a blue ring. the circle is left of the square. the ring is above the circle."),
            new CaptionedScene(First with { Index = 1 }, "thanks for looking"),
        ]);
        // Circle, square, ring; circle, square; ring, circle.
        Assert.Equal(2 / 7.0, Of(result, "chair_i").Value, 12);
        Assert.Equal(1 / 2.0, Of(result, "chair_s").Value, 12);
        Assert.Equal(2 / 4.0, Of(result, "recall").Value, 12);
        Assert.Equal([41.0, 3.0], Of(result, "mean_words").Numerators);
        Assert.Equal((1, 2), (Of(result, "attribute_error/colour").Numerators[0], Of(result, "attribute_error/colour").Count));
        Assert.Equal((1, 1), (Of(result, "attribute_error/position").Numerators[0], Of(result, "attribute_error/position").Count));
        Assert.Equal((0, 1), (Of(result, "attribute_error/size").Numerators[0], Of(result, "attribute_error/size").Count));
        Assert.Equal((2, 4), (Of(result, "attribute_error").Numerators[0], Of(result, "attribute_error").Count));
        Assert.Equal((0, 1), (Of(result, "relation_error").Numerators[0], Of(result, "relation_error").Count));
        Assert.Equal((0, 1), (Of(result, "background_error").Numerators[0], Of(result, "background_error").Count));
        Assert.Equal((1, 1), (Of(result, "count_error").Numerators[0], Of(result, "count_error").Count));
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
