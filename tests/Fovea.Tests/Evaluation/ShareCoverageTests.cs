using Fovea.Core.Randomness;
using Fovea.Core.Results;
using Fovea.Evaluation.Statistics;
using Xunit;

namespace Fovea.Tests.Evaluation;

/// <summary>
/// Intervals of shares whose truth is known, over images with several questions each, an image's difficulty drawn from a beta distribution (Polya's urn). Beside each the interval that takes all questions for independent. <c>tests/long/coverage</c> runs the whole grid.
/// </summary>
public sealed class ShareCoverageTests(ITestOutputHelper output)
{
    private const double Correlation = 0.3;
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("FOVEA_COVERAGE") is { Length: > 0 };
    private static readonly int Draws = IsLong ? 2000 : 1000;

    private static readonly double[] Accuracies = [0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.96, 0.97], AreasOfAll = [0.7, 0.9, 0.97, 0.995];
    private static readonly int[] Images = [20, 30, 50, 100, 200, 300], Most = [6, 20], Scenes = [5, 10, 20, 50, 100];

    public static TheoryData<double, int, int> Shares => IsLong
        ? [.. from accuracy in Accuracies from images in Images from most in Most select (accuracy, images, most)]
        : [(0.5, 20, 6), (0.7, 50, 20), (0.85, 20, 6), (0.9, 50, 20), (0.95, 100, 6), (0.97, 50, 6), (0.97, 100, 20)];

    /// <remarks>
    /// Near 1 with few images an interval fails on one side only, since it must hold the truth where no answer is wrong: it covers 97.5 % and more.
    /// </remarks>
    [Theory]
    [MemberData(nameof(Shares))]
    public void An_interval_of_an_accuracy_holds_the_truth_in_at_least_93_percent_of_draws(double accuracy, int images, int most)
    {
        var (held, naive) = (0, 0);
        for (var draw = 0; draw < Draws; draw++)
        {
            var metric = Draw(accuracy, images, most, draw);
            held += Holds(Clustered.Interval(metric), accuracy);
            naive += Math.Abs(metric.Value - accuracy) <= 1.96 * Math.Sqrt(metric.Value * (1 - metric.Value) / metric.Count) ? 1 : 0;
        }

        var (share, noise) = (held / (double)Draws, 3 * Math.Sqrt(0.93 * 0.07 / Draws));
        output.WriteLine($"accuracy {accuracy}, {images} images of {(most == 6 ? "6" : $"1 to {most}")} questions: clustered {share:P1}, questions taken for independent {naive / (double)Draws:P1}");
        Assert.InRange(share, 0.93 - noise, images * (1 - accuracy) >= 5 ? 0.97 + noise : 0.995);
        Assert.True(naive < held, "taking questions for independent covers as much");
    }

    public static TheoryData<double, int> Areas => IsLong
        ? [.. from area in AreasOfAll from scenes in Scenes select (area, scenes)]
        : [(0.7, 10), (0.97, 10), (0.97, 50)];

    [Theory]
    [MemberData(nameof(Areas))]
    public void An_interval_of_an_AUC_stays_between_0_and_1_and_holds_the_truth(double area, int scenes)
    {
        var distance = Math.Sqrt(2) * InverseNormal(area);
        var (held, draws) = (0, Draws / 2);
        for (var draw = 0; draw < draws; draw++)
        {
            var random = new RandomSource(7, "test/auc-coverage", draw);
            var items = new List<ScoredItem>();
            for (var scene = 0; scene < scenes; scene++)
            {
                items.AddRange(Enumerable.Range(0, 1 + random.Next(4)).Select(_ => new ScoredItem(scene, random.NextGaussian() + distance, true)));
                items.AddRange(Enumerable.Range(0, 4 + random.Next(8)).Select(_ => new ScoredItem(scene, random.NextGaussian(), false)));
            }

            var interval = Bootstrap.Of(Auc.ByUnit("auc", scenes, items));
            Assert.InRange(interval.Low!.Value, 0, interval.High!.Value);
            Assert.InRange(interval.High.Value, 0, 1);
            held += Holds(interval, area);
        }

        var share = held / (double)draws;
        output.WriteLine($"AUC {area}, {scenes} scenes: {share:P1}");
        Assert.InRange(share, 0.93 - (3 * Math.Sqrt(0.93 * 0.07 / draws)), area > 0.95 && scenes <= 10 ? 0.995 : 0.985);
    }

    [Fact]
    public void An_AUC_of_1_has_an_interval_that_ends_there_and_is_no_point()
    {
        var metric = Auc.ByUnit("auc", 8, [.. Enumerable.Range(0, 8).SelectMany(u => new[] { new ScoredItem(u, 1 + (0.1 * u), true), new ScoredItem(u, -u, false) })]);
        var interval = Bootstrap.Of(metric);
        Assert.Equal(1, interval.Value!.Value, 12);
        Assert.Equal(1, interval.High);
        Assert.Equal(Math.Pow(0.025, 1 / 8.0), interval.Low!.Value, 12);
    }

    [Fact]
    public void Seeds_on_the_same_scenes_give_one_interval_and_seeds_on_others_a_narrower_one()
    {
        Metric Of(int units, int seed)
        {
            var random = new RandomSource(seed, "test/auc-seeds");
            return Auc.ByUnit("auc", units, [.. Enumerable.Range(0, 3 * units).Select(i => new ScoredItem(i % units, random.NextGaussian() + (i % 3 == 0 ? 1 : 0), i % 3 == 0))]);
        }

        var (one, other) = (Of(30, 1), Of(31, 2));
        double Width(Estimate e) => e.High!.Value - e.Low!.Value;
        Assert.Equal(Width(Bootstrap.Of(one)), Width(Bootstrap.AcrossSeeds([one, one])), 9);
        var apart = Bootstrap.AcrossSeeds([one, other]);
        Assert.Equal((one.Value + other.Value) / 2, apart.Value!.Value, 12);
        Assert.InRange(Width(apart), 0.3 * (Width(Bootstrap.Of(one)) + Width(Bootstrap.Of(other))), 0.42 * (Width(Bootstrap.Of(one)) + Width(Bootstrap.Of(other))));
        var none = Bootstrap.AcrossSeeds([one, Auc.ByUnit("auc", 30, [])]);
        Assert.Equal(one.Value, none.Value!.Value, 12);
        Assert.Null(none.PerSeed[1]);
    }

    private static int Holds(Estimate interval, double truth) => interval.Low <= truth && truth <= interval.High ? 1 : 0;

    private static Metric Draw(double accuracy, int images, int most, int index)
    {
        var (random, mass) = (new RandomSource(16, "test/share-coverage", index), (1 - Correlation) / Correlation);
        var (right, asked) = (new double[images], new double[images]);
        for (var image = 0; image < images; image++)
        {
            asked[image] = most == 6 ? most : 1 + random.Next(most);
            for (var i = 0; i < asked[image]; i++)
            {
                right[image] += random.NextDouble() * (mass + i) < (mass * accuracy) + right[image] ? 1 : 0;
            }
        }

        return new Metric("accuracy", true, right, asked);
    }

    /// <summary>By bisection of the normal distribution's integral (trapezoids).</summary>
    private static double InverseNormal(double p)
    {
        var (low, high) = (-5.0, 5.0);
        for (var i = 0; i < 40; i++)
        {
            var middle = (low + high) / 2;
            const double Step = 0.001;
            var below = Enumerable.Range(0, (int)((middle + 8) / Step)).Sum(k => Math.Exp(-Math.Pow(-8 + (k * Step), 2) / 2) * Step / Math.Sqrt(2 * Math.PI));
            (low, high) = below < p ? (middle, high) : (low, middle);
        }

        return low;
    }
}
