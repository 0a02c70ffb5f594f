using Fovea.Core.Results;
using Fovea.Evaluation.Protocols;
using Fovea.Evaluation.Statistics;
using Xunit;

namespace Fovea.Tests.Evaluation;

public sealed class ProtocolTests
{
    [Theory]
    [InlineData("Yes, there is a dog.", true)]
    [InlineData("No, there is no dog.", false)]
    [InlineData("no", false)]
    [InlineData("No.", false)]
    [InlineData("No,", false)]
    [InlineData("There is not a dog", false)]
    [InlineData("NO", true)]
    [InlineData("", true)]
    [InlineData("I know", true)]
    [InlineData("There isn't a dog", true)]
    [InlineData("cannot tell", true)]
    [InlineData("Nothing", true)]
    [InlineData("Yes. No", true)]
    [InlineData("no\nYes", true)]
    [InlineData("no!", true)]
    [InlineData(".no", true)]
    public void An_answer_is_read_by_the_rule_of_POPE(string answer, bool yes) => Assert.Equal(yes, PopeAnswer.Parse(answer));

    [Fact]
    public void POPE_metrics_by_hand()
    {
        var sums = new MetricSums(2);
        // Scene 0: TP, FN, FP; scene 1: TN, TP.
        PopeMetrics.Add(sums, 0, goldYes: true, saidYes: true);
        PopeMetrics.Add(sums, 0, goldYes: true, saidYes: false);
        PopeMetrics.Add(sums, 0, goldYes: false, saidYes: true);
        PopeMetrics.Add(sums, 1, goldYes: false, saidYes: false);
        PopeMetrics.Add(sums, 1, goldYes: true, saidYes: true);
        var result = sums.ToResult("pope", "scene");
        Assert.Equal(3 / 5.0, Value(result, "pope_accuracy"), 12);
        Assert.Equal(2 / 3.0, Value(result, "pope_precision"), 12);
        Assert.Equal(2 / 3.0, Value(result, "pope_recall"), 12);
        Assert.Equal(2 / 3.0, Value(result, "pope_f1"), 12);
        Assert.Equal(3 / 5.0, Value(result, "pope_yes_ratio"), 12);
        Assert.Equal([2.0, 1.0], result.Metrics.Single(m => m.Name == "pope_recall").Denominators);
    }

    [Fact]
    public void POPE_precision_without_a_yes_is_no_data_where_the_script_divides_by_zero()
    {
        var sums = new MetricSums(1);
        PopeMetrics.Add(sums, 0, goldYes: true, saidYes: false);
        var result = sums.ToResult("pope", "scene");
        Assert.Null(Bootstrap.Of(result.Metrics.Single(m => m.Name == "pope_precision")).Value);
        Assert.Equal(0, Value(result, "pope_f1"));
        Assert.Equal(0, Value(result, "pope_recall"));
    }

    [Fact]
    public void CHAIR_by_hand()
    {
        var sums = new MetricSums(3);
        Chair.Add(sums, 0, ["dog", "dog", "cat"], new HashSet<string> { "dog", "ball" }, 9);
        Chair.Add(sums, 1, ["cat", "cat"], new HashSet<string> { "dog" }, 6);
        Chair.Add(sums, 2, [], new HashSet<string> { "dog" }, 3);
        var result = sums.ToResult("captions", "scene");
        Assert.Equal(3 / 5.0, Value(result, "chair_i"), 12);
        Assert.Equal(2 / 3.0, Value(result, "chair_s"), 12);
        Assert.Equal(1 / 4.0, Value(result, "recall"), 12);
        Assert.Equal(6, Value(result, "mean_words"), 12);
    }

    [Fact]
    public void Words_are_counted_at_any_white_space() => Assert.Equal(3, Chair.Words("  a red\n\tcircle  "));

    private static double Value(EvalResult result, string name) => result.Metrics.Single(m => m.Name == name).Value;
}
