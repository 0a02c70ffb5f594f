using Fovea.Evaluation.Statistics;
using Xunit;

namespace Fovea.Tests.Evaluation;

public sealed class McNemarTests
{
    [Fact]
    public void P_is_the_binomial_tail_of_the_questions_that_one_model_alone_has_right()
    {
        // 8 against 1: 2 (C(9,8) + C(9,9)) / 2^9 = 20 / 512; questions that both have right or wrong change nothing.
        Assert.Equal(20 / 512.0, Of(both: 40, modelOnly: 8, baselineOnly: 1, neither: 11).P!.Value, 12);
        Assert.Equal(20 / 512.0, Of(both: 0, modelOnly: 1, baselineOnly: 8, neither: 0).P!.Value, 12);
        Assert.Equal(1, Of(5, 3, 3, 5).P!.Value);
        Assert.Equal(1, Of(5, 0, 0, 5).P!.Value);

        // A large table, whose tail is that of R's binom.test(6320, 12345).
        Assert.Equal(0.008149, Of(1, 6320, 6025, 1).P!.Value, 1e-4);
    }

    [Fact]
    public void The_interval_is_Newcombes()
    {
        // Method 10 of Newcombe (1998), Improved confidence intervals for the difference between binomial proportions based on paired data, written out apart.
        var test = Of(both: 20, modelOnly: 12, baselineOnly: 2, neither: 16);
        Assert.Equal(0.2, test.Mean, 12);
        Assert.Equal(0.0562, test.Low!.Value, 5e-5);
        Assert.Equal(0.3292, test.High!.Value, 5e-5);
    }

    [Fact]
    public void Equal_models_differ_by_nothing_and_the_interval_has_a_width()
    {
        var test = Of(50, 0, 0, 0);
        Assert.Equal(0, test.Mean);
        Assert.InRange(test.High!.Value, 0.05, 0.1);
        Assert.Equal(-test.High.Value, test.Low!.Value, 12);
    }

    [Fact]
    public void With_too_few_disagreements_no_difference_could_have_been_shown()
    {
        // Five on one side: 2 / 2^5 > 0.05; six: 2 / 2^6 < 0.05, and all six must be on one side.
        Assert.Null(Of(50, 3, 2, 0).Detectable);
        Assert.InRange(Of(50, 3, 3, 0).Detectable!.Value, 0.9 * 6 / 56, 6 / 56.0);
        Assert.Null(Of(50, 3, 3, 0, tests: 5).Detectable);
    }

    [Fact]
    public void The_detectable_difference_is_found_four_times_in_five()
    {
        var test = Of(500, 60, 40, 400);
        var side = (1 + (test.Detectable!.Value * 1000 / 100)) / 2;
        double power = 0;
        for (var k = 0; k <= 100; k++)
        {
            if (Of(0, k, 100 - k, 0).P <= 0.05)
            {
                power += Math.Exp(LogChoose(100, k) + (k * Math.Log(side)) + ((100 - k) * Math.Log(1 - side)));
            }
        }

        Assert.Equal(0.8, power, 6);
    }

    private static double LogChoose(int n, int k) => Enumerable.Range(1, k).Sum(i => Math.Log(n - k + i) - Math.Log(i));

    private static PairedTest Of(int both, int modelOnly, int baselineOnly, int neither, int tests = 1) => McNemar.Of(
        [.. Enumerable.Range(0, both + modelOnly + baselineOnly + neither).Select(i => i < both + modelOnly)],
        [.. Enumerable.Range(0, both + modelOnly + baselineOnly + neither)
            .Select(i => i < both || (i >= both + modelOnly && i < both + modelOnly + baselineOnly))],
        tests);
}
