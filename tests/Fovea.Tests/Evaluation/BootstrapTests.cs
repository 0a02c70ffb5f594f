using Fovea.Core.Errors;
using Fovea.Core.Randomness;
using Fovea.Core.Results;
using Fovea.Evaluation.Statistics;
using Xunit;

namespace Fovea.Tests.Evaluation;

public sealed class BootstrapTests
{
    private static Metric Of(double[] numerators, double[]? denominators = null, string name = "m") =>
        new(name, true, numerators, denominators ?? [.. numerators.Select(_ => 1.0)]);

    [Fact]
    public void The_value_is_the_ratio_of_sums_and_not_the_mean_of_ratios()
    {
        var estimate = Bootstrap.Of(Of([1, 1], [1, 9]));
        Assert.Equal(0.2, estimate.Value!.Value, 12);
        Assert.Equal(10, estimate.Count);
    }

    [Fact]
    public void Nothing_counted_is_no_data()
    {
        foreach (var metric in new[] { Of([]), Of([0, 0], [0, 0]) })
        {
            var estimate = Bootstrap.Of(metric);
            Assert.Null(estimate.Value);
            Assert.Null(estimate.Low);
            Assert.Null(estimate.High);
            Assert.Equal(0, estimate.Seeds);
        }
    }

    [Fact]
    public void One_unit_has_a_value_and_no_interval()
    {
        var estimate = Bootstrap.Of(Of([3, 0], [4, 0]));
        Assert.Equal(0.75, estimate.Value);
        Assert.Null(estimate.Low);
    }

    [Fact]
    public void Too_many_resamples_without_data_give_no_interval()
    {
        // Two of twenty units hold data: about one resample in eight draws neither.
        var denominators = new double[20];
        denominators[0] = denominators[1] = 1;
        var estimate = Bootstrap.Of(Of(new double[20], denominators));
        Assert.Equal(0, estimate.Value);
        Assert.Null(estimate.Low);
    }

    [Fact]
    public void Two_units_by_hand()
    {
        // Means of two draws from {0, 1}: 0, 1/2, 1 with 1/4, 1/2, 1/4, so the ends are 0 and 1.
        var estimate = Bootstrap.Of(Of([0, 1]));
        Assert.Equal((0.0, 1.0), (estimate.Low, estimate.High));
        var narrow = Bootstrap.Of(Of([0, 1]), new BootstrapOptions { Level = 0.4 });
        Assert.Equal((0.5, 0.5), (narrow.Low, narrow.High));
    }

    [Fact]
    public void The_same_seed_and_name_repeat_exactly_and_another_seed_does_not()
    {
        var metric = Normal(60, 1);
        Assert.Equal(Bootstrap.Of(metric).Low, Bootstrap.Of(metric).Low);
        Assert.NotEqual(Bootstrap.Of(metric).Low, Bootstrap.Of(metric, new BootstrapOptions { Seed = 1 }).Low);
    }

    [Fact]
    public void Ninety_five_percent_of_intervals_cover_a_known_mean()
    {
        var covered = 0;
        const int Trials = 300;
        for (var t = 0; t < Trials; t++)
        {
            var estimate = Bootstrap.Of(Normal(50, t), new BootstrapOptions { Seed = t, Resamples = 400 });
            covered += estimate.Low <= 10 && 10 <= estimate.High ? 1 : 0;
        }

        // The percentile interval of 50 units covers about 93.5 %; three standard errors of 300 trials are 4.3 %.
        Assert.InRange(covered / (double)Trials, 0.89, 0.98);
    }

    [Fact]
    public void Pairing_removes_what_both_models_share()
    {
        var random = new RandomSource(3, "test/paired");
        var hardness = Enumerable.Range(0, 100).Select(_ => 5 * random.NextGaussian()).ToArray();
        var baseline = Of(hardness);
        var model = Of([.. hardness.Select(h => h + 0.5 + (0.1 * random.NextGaussian()))]);
        var difference = PairedBootstrap.Difference(model, baseline);
        Assert.InRange(difference.Low!.Value, 0.4, 0.5);
        Assert.InRange(difference.High!.Value, 0.5, 0.6);
        var alone = Bootstrap.Of(model);
        Assert.True(alone.High - alone.Low > 10 * (difference.High - difference.Low));
    }

    [Fact]
    public void A_model_against_itself_differs_by_nothing()
    {
        var difference = PairedBootstrap.Difference(Normal(30, 2), Normal(30, 2));
        Assert.Equal((0.0, 0.0, 0.0), (difference.Value, difference.Low, difference.High));
    }

    [Fact]
    public void Several_seeds_give_the_mean_of_their_values_and_keep_each()
    {
        var estimate = Bootstrap.AcrossSeeds([Of([1, 0, 1, 0]), Of([1, 1, 1, 1]), Of([0, 0, 0, 0], [0, 0, 0, 0])]);
        Assert.Equal(0.75, estimate.Value);
        Assert.Equal([0.5, 1.0, null], estimate.PerSeed);
        Assert.Equal(2, estimate.Seeds);
        Assert.Equal(Math.Sqrt(0.125), estimate.SeedDeviation!.Value, 12);
    }

    [Fact]
    public void Seeds_evaluated_on_the_same_units_share_each_resample()
    {
        var metric = Normal(40, 4);
        var one = Bootstrap.Of(metric);
        var three = Bootstrap.AcrossSeeds([metric, metric, metric]);
        Assert.Equal(one.Low!.Value, three.Low!.Value, 12);
        var apart = Bootstrap.AcrossSeeds([metric, Normal(41, 4), Normal(42, 4)]);
        Assert.True(apart.High - apart.Low < 0.8 * (one.High - one.Low));
    }

    [Fact]
    public void Bad_sums_are_refused_by_name()
    {
        Assert.Contains("unit 1", Assert.Throws<FoveaException>(() => Bootstrap.Of(Of([1, double.NaN]))).Message, StringComparison.Ordinal);
        Assert.Throws<FoveaException>(() => Bootstrap.Of(Of([1, 2], [1])));
        Assert.Throws<FoveaException>(() => PairedBootstrap.Difference(Of([1, 2]), Of([1, 2, 3])));
        Assert.Throws<FoveaException>(() => PairedBootstrap.Difference(Of([1, 2]), Of([1, 2], name: "other")));
        Assert.Throws<FoveaException>(() => Bootstrap.AcrossSeeds([]));
        Assert.Throws<FoveaException>(() => Bootstrap.Of(Of([1, 2]), new BootstrapOptions { Level = 1 }));
    }

    private static Metric Normal(int units, long seed)
    {
        var random = new RandomSource(seed, "test/normal");
        return Of([.. Enumerable.Range(0, units).Select(_ => 10 + (2 * random.NextGaussian()))]);
    }
}
