using Fovea.Core.Randomness;
using Fovea.Evaluation.Statistics;
using Xunit;

namespace Fovea.Tests.Evaluation;

public sealed class PairedTestTests
{
    // Tables of Student's t, as R's qt and pt give them.
    [Theory]
    [InlineData(0.975, 1, 12.706204736432095)]
    [InlineData(0.975, 7, 2.364624251592785)]
    [InlineData(0.995, 7, 3.499483297350494)]
    [InlineData(0.8, 2, 1.060660171779821)]
    [InlineData(0.975, 30, 2.042272456301238)]
    [InlineData(0.975, 1000, 1.962339081)]
    public void Quantiles_are_those_of_the_tables(double p, double degrees, double t)
    {
        Assert.Equal(t, StudentT.Quantile(p, degrees), 1e-6 * t);
        Assert.Equal(-t, StudentT.Quantile(1 - p, degrees), 1e-6 * t);
        Assert.Equal(p, StudentT.Cdf(t, degrees), 1e-8);
        Assert.Equal(2 * (1 - p), StudentT.TwoSided(-t, degrees), 1e-8);
        Assert.Equal(0.5, StudentT.Cdf(0, degrees), 12);
    }

    [Fact]
    public void A_test_by_hand()
    {
        // Mean 2, deviation 1, standard error 1/sqrt(3), t = 3.4641 at 2 degrees of freedom.
        var test = PairedTest.Of([1, 2, 3]);
        Assert.Equal(2, test.Mean, 12);
        Assert.Equal(0.0741799, test.P!.Value, 6);
        Assert.Equal(2 - (4.302652730 / Math.Sqrt(3)), test.Low!.Value, 6);
        Assert.Equal(2 + (4.302652730 / Math.Sqrt(3)), test.High!.Value, 6);
        Assert.Equal((4.302652730 + 1.060660172) / Math.Sqrt(3), test.Detectable!.Value, 6);
        Assert.True(PairedTest.Of([1, 2, 3], tests: 5).Detectable > test.Detectable);
        Assert.Equal(test.P.Value, PairedTest.Of([-1, -2, -3]).P!.Value, 12);
    }

    [Fact]
    public void One_seed_is_not_tested_and_equal_arms_have_p_1()
    {
        Assert.Equal(new PairedTest(1, 0.5, null, null, null, null), PairedTest.Of([0.5]));
        Assert.Equal(1, PairedTest.Of([0, 0, 0]).P);
        Assert.Equal(0, PairedTest.Of([2, 2, 2]).P);
    }

    [Fact]
    public void Without_a_difference_it_is_shown_at_the_stated_rate_and_the_detectable_one_at_its_power()
    {
        const int Studies = 6000, Seeds = 8;
        var detectable = (StudentT.Quantile(0.975, Seeds - 1) + StudentT.Quantile(0.8, Seeds - 1)) / Math.Sqrt(Seeds);
        var random = new RandomSource(1, "paired-tests");
        var (falsely, rightly) = (0, 0);
        for (var i = 0; i < Studies; i++)
        {
            double[] noise = [.. Enumerable.Range(0, Seeds).Select(_ => random.NextGaussian())];
            falsely += PairedTest.Of(noise).P < 0.05 ? 1 : 0;
            rightly += PairedTest.Of([.. noise.Select(d => d + detectable)]).P < 0.05 ? 1 : 0;
        }

        // Four standard errors of the rate; the power formula takes the deviation as known, which costs a little.
        Assert.Equal(0.05, falsely / (double)Studies, 0.012);
        Assert.Equal(0.8, rightly / (double)Studies, 0.04);
    }

    [Fact]
    public void Holm_adjusts_from_the_smallest_up_and_never_falls()
    {
        Assert.Equal([0.03, 0.06, 0.06, 0.02], PairedTest.Holm([0.01, 0.04, 0.03, 0.005]).Select(p => Math.Round(p, 12)));
        Assert.Equal([1, 1], PairedTest.Holm([0.9, 0.6]));
        Assert.Empty(PairedTest.Holm([]));
    }
}
