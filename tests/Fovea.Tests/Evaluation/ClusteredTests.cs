using Fovea.Core.Errors;
using Fovea.Core.Results;
using Fovea.Evaluation.Statistics;
using Xunit;

namespace Fovea.Tests.Evaluation;

public sealed class ClusteredTests
{
    [Fact]
    public void One_question_a_cluster_gives_the_t_interval_of_a_mean()
    {
        var estimate = Clustered.Interval(Of([1, 2, 3, -4]));
        Assert.Equal(0.5, estimate.Value);
        var (deviation, t) = (Math.Sqrt((0.25 + 2.25 + 6.25 + 20.25) / 3), StudentT.Quantile(0.975, 3));
        Assert.Equal(0.5 + (t * deviation / 2), estimate.High!.Value, 10);
        Assert.Equal(0.5 - (t * deviation / 2), estimate.Low!.Value, 10);
    }

    [Fact]
    public void Copies_of_a_question_in_its_cluster_make_no_interval_narrower()
    {
        var once = Clustered.Interval(Of([1, 0, 1, 1, 0]));
        var sixTimes = Clustered.Interval(Of([6, 0, 6, 6, 0], [6, 6, 6, 6, 6]));
        Assert.Equal(once.Low!.Value, sixTimes.Low!.Value, 12);
        Assert.Equal(once.High!.Value, sixTimes.High!.Value, 12);
    }

    [Fact]
    public void A_shares_interval_stays_between_0_and_1()
    {
        var nearOne = Clustered.Interval(Of([.. Enumerable.Range(0, 30).Select(i => i == 0 ? 0.0 : 1)]));
        Assert.InRange(nearOne.High!.Value, 0.97, 1);
        Assert.InRange(nearOne.Low!.Value, 0.7, 0.9);

        // None of 30: the exact interval ends where 0.025 = (1 - p)^30.
        var none = Clustered.Interval(Of(new double[30]));
        Assert.Equal(0, none.Low);
        Assert.Equal(1 - Math.Pow(0.025, 1 / 30.0), none.High!.Value, 12);
        Assert.Equal(Math.Pow(0.025, 1 / 30.0),
            Clustered.Interval(Of([.. none.PerSeed.Concat(Enumerable.Repeat((double?)1, 29)).Select(_ => 1.0)])).Low!.Value, 12);
    }

    [Fact]
    public void Nothing_counted_is_no_data_and_one_cluster_has_no_interval()
    {
        Assert.Null(Clustered.Interval(Of([0, 0], [0, 0])).Value);
        var one = Clustered.Interval(Of([3, 0], [4, 0]));
        Assert.Equal((0.75, null, null), (one.Value, one.Low, one.High));
        Assert.Null(Clustered.Difference(Of([0], [0]), Of([1])));
        Assert.Null(Clustered.Difference(Of([3]), Of([2]))!.P);
    }

    [Fact]
    public void The_difference_of_two_means_is_the_paired_t_test()
    {
        double[] model = [3, 5, 1, 7, 2], baseline = [2, 3, 2, 3, 2];
        var expected = PairedTest.Of([.. model.Zip(baseline, (a, b) => a - b)], tests: 3);
        var test = Clustered.Difference(Of(model), Of(baseline), tests: 3)!;
        Assert.Equal(expected.Mean, test.Mean, 12);
        Assert.Equal(expected.Low!.Value, test.Low!.Value, 10);
        Assert.Equal(expected.P!.Value, test.P!.Value, 10);
        Assert.Equal(expected.Detectable!.Value, test.Detectable!.Value, 10);
    }

    [Fact]
    public void A_ratios_difference_weighs_its_clusters_by_their_counts()
    {
        // Ratio 3/10 and 1/10; residuals of the model (1 - 0.6)/10 and (2 - 2.4)/10, of the baseline 0.08 and -0.08.
        var test = Clustered.Difference(Of([1, 2], [2, 8]), Of([1, 0], [2, 8]))!;
        Assert.Equal(0.2, test.Mean, 12);
        Assert.Equal(StudentT.Quantile(0.975, 1) * Math.Sqrt(2 * 2 * 0.04 * 0.04), test.High!.Value - 0.2, 9);
    }

    [Fact]
    public void Few_clusters_never_show_more_than_their_signs_can()
    {
        var test = Clustered.Difference(Of([1, 1, 1, 1]), Of([0, 0, 0, 0]))!;
        Assert.Equal(2 / 16.0, test.P);
        Assert.Equal(1, Clustered.Difference(Of([1, 0, 1]), Of([1, 0, 1]))!.P);
        Assert.Null(Clustered.Difference(Of([1, 0, 1]), Of([1, 0, 1]))!.Detectable);
    }

    [Fact]
    public void Other_clusters_are_refused() =>
        Assert.Contains("same units", Assert.Throws<FoveaException>(() => Clustered.Difference(Of([1, 2]), Of([1]))).Message, StringComparison.Ordinal);

    private static Metric Of(double[] numerators, double[]? denominators = null) =>
        new("m", true, numerators, denominators ?? [.. numerators.Select(_ => 1.0)]);
}
