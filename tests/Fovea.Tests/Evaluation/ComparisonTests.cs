using Fovea.Core.Errors;
using Fovea.Core.Results;
using Fovea.Evaluation.Comparison;
using Xunit;

namespace Fovea.Tests.Evaluation;

public sealed class ComparisonTests
{
    private static ComparisonRow Row(ComparisonTable table, string arm) => table.Rows.Single(r => r.Arm == arm);

    private static ArmResult Of(string arm, long seed, params double[] chair) =>
        new(arm, seed, new EvalResult("captions", "scene", [new("chair_i", false, chair, [.. chair.Select(_ => 1.0)])]));

    [Fact]
    public void Rows_hold_values_and_differences_paired_by_seed()
    {
        var table = ComparisonBuilder.Build(
            [Of("ntp", 1, 1, 1, 0, 0), Of("ntp", 2, 1, 1, 1, 0), Of("prior", 1, 0, 1, 0, 0), Of("prior", 2, 1, 1, 0, 0), Of("prior", 3, 1, 1, 1, 1)], "ntp");
        var ntp = Row(table, "ntp");
        Assert.Equal(0.625, ntp.Estimate.Value);
        Assert.Null(ntp.Difference);
        var prior = Row(table, "prior");
        Assert.Equal([0.25, 0.5, 1.0], prior.Estimate.PerSeed);
        Assert.Equal([-0.25, -0.25], prior.Difference!.PerSeed);
        Assert.Equal(["ntp", "prior"], table.Rows.Select(r => r.Arm));
    }

    [Fact]
    public void An_interval_on_one_side_of_zero_says_so()
    {
        var baseline = Enumerable.Range(0, 50).Select(i => (double)(i % 2)).ToArray();
        var better = baseline.Select(b => b - 0.2).ToArray();
        var mixed = baseline.Select((b, i) => b + (i % 4 < 2 ? 0.2 : -0.2)).ToArray();
        var table = ComparisonBuilder.Build([Of("base", 1, baseline), Of("better", 1, better), Of("mixed", 1, mixed)], "base");
        Assert.True(Row(table, "better").Difference is { High: < 0 });
        Assert.True(Row(table, "mixed").Difference is { Low: < 0, High: > 0 });
    }

    [Fact]
    public void A_metric_without_data_stays_as_a_row_without_a_value()
    {
        var empty = new EvalResult("captions", "scene", [new("chair_i", false, [0, 0], [0, 0])]);
        var table = ComparisonBuilder.Build([new("a", 1, empty), Of("b", 1, 1, 0)], "a");
        Assert.Null(Row(table, "a").Estimate.Value);
        Assert.Null(Row(table, "b").Difference!.Value);
        Assert.Null(Row(table, "b").Difference!.Low);
    }

    [Fact]
    public void Nothing_is_compared_that_cannot_be()
    {
        Assert.Throws<FoveaException>(() => ComparisonBuilder.Build([Of("a", 1, 1, 0)], "b"));
        Assert.Throws<FoveaException>(() => ComparisonBuilder.Build([Of("a", 1, 1, 0), Of("a", 1, 1, 0)], "a"));
        Assert.Throws<FoveaException>(() => ComparisonBuilder.Build([Of("a", 1, 1, 0), Of("b", 1, 1, 0, 0)], "a"));
        var apart = ComparisonBuilder.Build([Of("a", 1, 1, 0), Of("b", 2, 1, 0)], "a");
        Assert.Null(Row(apart, "b").Difference);
    }
}
