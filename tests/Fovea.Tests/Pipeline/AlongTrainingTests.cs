using Fovea.Pipeline.Findings;
using Xunit;

namespace Fovea.Tests.Pipeline;

public sealed class AlongTrainingTests
{
    [Fact]
    public void A_threshold_is_reached_between_the_steps_that_were_measured() =>
        Assert.Equal(250, AlongTraining.Reached([(100, 0.5), (200, 0.3), (300, 0.1), (400, 0.05)], 0.2)!.Value, 1e-9);

    [Fact]
    public void The_first_crossing_counts() =>
        Assert.Equal(150, AlongTraining.Reached([(100, 0.3), (200, 0.1), (300, 0.3), (400, 0.1)], 0.2)!.Value, 1e-9);

    [Fact]
    public void What_began_below_was_not_seen_to_be_reached() => Assert.Null(AlongTraining.Reached([(100, 0.1), (200, 0.3), (300, 0.1)], 0.2));

    [Fact]
    public void What_stays_above_was_not_reached() => Assert.Null(AlongTraining.Reached([(100, 0.5), (200, 0.3)], 0.2));

    [Fact]
    public void Captions_that_name_nothing_reach_nothing() => Assert.Null(AlongTraining.Reached([(100, double.NaN), (200, 0.1)], 0.2));
}
