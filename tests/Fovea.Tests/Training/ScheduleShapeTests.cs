using Fovea.Training.Optimization;
using Xunit;

namespace Fovea.Tests.Training;

public sealed class ScheduleShapeTests
{
    private static readonly long[] Steps = [2, 4, 13, 14, 17, 19];

    // transformers.get_wsd_schedule with 4 warm-up, 10 stable and 6 decay steps; its factors at Steps (but for the warm-up, which here
    // begins at 0 also with a least ratio).
    [Theory]
    [InlineData(DecayShape.Linear, 0.0, new[] { 0.5, 1, 1, 1, 0.5, 1.0 / 6 })]
    [InlineData(DecayShape.Cosine, 0.0, new[] { 0.5, 1, 1, 1, 0.5, 0.06698729810778059 })]
    [InlineData(DecayShape.OneMinusSqrt, 0.0, new[] { 0.5, 1, 1, 1, 0.29289321881345254, 0.08712907082472288 })]
    [InlineData(DecayShape.Linear, 0.1, new[] { 0.5, 1, 1, 1, 0.55, 0.25 })]
    public void Warm_up_stable_decay_gives_the_rates_of_Transformers(DecayShape shape, double least, double[] expected)
    {
        var schedule = new Schedule(ScheduleKind.Wsd, 2, 20, 4, least, 6, shape);
        Assert.All(Steps.Zip(expected), p => Assert.Equal(2 * p.Second, schedule.Rate(p.First), 1e-12));
    }
}
