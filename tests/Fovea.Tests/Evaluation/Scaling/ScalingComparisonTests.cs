using Fovea.Core.Errors;
using Fovea.Core.Randomness;
using Fovea.Evaluation.Scaling;
using Xunit;

namespace Fovea.Tests.Evaluation.Scaling;

/// <summary>The joint fit of two methods' scaling laws: exact without noise, and intervals that hold the truth.</summary>
public sealed class ScalingComparisonTests
{
    private static readonly ScalingLaw Plain = new(0.45, 12, 0.35, 60, 0.40), Better = new(0.45, 14, 0.38, 75, 0.43);

    [Fact]
    public void Curves_without_noise_give_back_their_law()
    {
        var fit = ScalingComparison.Of(Runs(Plain, Better, 0, 0), "plain", resamples: 20);
        Assert.Equal(Plain.E, fit.Baseline.E, 3);
        Assert.Equal(Plain.Alpha, fit.Baseline.Alpha, 3);
        Assert.Equal(Plain.Beta, fit.Baseline.Beta, 3);
        Assert.Equal(Plain.A, fit.Baseline.A, 0.1);
        Assert.Equal(Better.B, fit.Method.B, 1.0);
        Assert.Equal(0.03, fit.Alpha.Value, 3);
        Assert.Equal(0.03, fit.Beta.Value, 3);
        Assert.InRange(fit.RootMeanSquare, 0, 1e-4);
    }

    [Fact]
    public void A_difference_of_exponents_is_found_with_an_interval_and_none_where_there_is_none()
    {
        var far = ScalingComparison.Of(Runs(Plain, Plain with { Alpha = 0.5, A = 60 }, 0.004, 1), "plain");
        Assert.True(far.Alpha.Low > 0, $"{far.Alpha}");
        Assert.Equal(32, far.Pairs);
        var same = ScalingComparison.Of(Runs(Plain, Plain, 0.004, 1), "plain");
        Assert.True(same.Alpha.Low < 0 && same.Alpha.High > 0, $"{same.Alpha}");
        Assert.True(same.Beta.Low < 0 && same.Beta.High > 0, $"{same.Beta}");
    }

    [Fact]
    public void The_order_of_runs_changes_nothing_and_the_same_seed_gives_the_same_interval()
    {
        var runs = Runs(Plain, Better, 0.004, 3);
        Assert.Equal(ScalingComparison.Of(runs, "plain", 40), ScalingComparison.Of(runs, "plain", 40));
    }

    // tests/long runs it with 2,000 draws (FOVEA_DRAWS); eight draws only show that it is not far off.
    [Fact]
    public void Intervals_hold_the_truth_about_as_often_as_they_say()
    {
        var draws = int.Parse(Environment.GetEnvironmentVariable("FOVEA_DRAWS") ?? "8", System.Globalization.CultureInfo.InvariantCulture);
        var held = new int[2];
        for (var i = 0; i < draws; i++)
        {
            var fit = ScalingComparison.Of(Runs(Plain, Better, 0.005, 100 + i), "plain", draws >= 1000 ? 200 : 50, i);
            held[0] += fit.Alpha.Low <= 0.03 && 0.03 <= fit.Alpha.High ? 1 : 0;
            held[1] += fit.Beta.Low <= 0.03 && 0.03 <= fit.Beta.High ? 1 : 0;
        }

        var least = draws >= 1000 ? 0.93 : 0.6;
        Assert.All(held, h => Assert.True(h >= least * draws, $"held {held[0]} and {held[1]} of {draws}"));
        TestContext.Current.TestOutputHelper?.WriteLine($"held {held[0]} and {held[1]} of {draws}");
    }

    [Fact]
    public void Runs_that_are_no_grid_of_pairs_are_refused_by_name()
    {
        var runs = Runs(Plain, Better, 0, 0);
        Assert.Contains("expected one run of each method", Message([.. runs.Skip(1)]), StringComparison.Ordinal);
        Assert.Contains("seed 1", Message([.. runs.Skip(1)]), StringComparison.Ordinal);
        Assert.Contains("over 2 and 4", Message([.. runs.Where(r => r.Parameters < 1e5)]), StringComparison.Ordinal);
        Assert.Contains("above zero", Message([runs[0] with { Loss = 0 }, .. runs.Skip(1)]), StringComparison.Ordinal);
        Assert.Contains("two methods", Assert.Throws<FoveaException>(() => ScalingComparison.Of(runs, "plane")).Message, StringComparison.Ordinal);

        static string Message(ScalingRun[] runs) => Assert.Throws<FoveaException>(() => ScalingComparison.Of(runs, "plain")).Message;
    }

    // Four sizes of model, four of data, two seeds: pairs share half of the noise's variance, as runs on the same data do.
    private static ScalingRun[] Runs(ScalingLaw plain, ScalingLaw better, double noise, long seed) =>
    [
        .. from n in (double[])[2e4, 6e4, 2e5, 6e5]
           from d in (double[])[1e5, 3e5, 1e6, 3e6]
           from s in (long[])[1, 2]
           let random = new RandomSource(seed, FormattableString.Invariant($"runs/{n}/{d}"), s)
           let shared = random.NextGaussian()
           from method in (string[])["plain", "better"]
           let own = random.NextGaussian()
           select new ScalingRun(n, d, method, s, (method == "plain" ? plain : better).Loss(n, d) * Math.Exp(noise * (shared + own) / Math.Sqrt(2))),
    ];
}
