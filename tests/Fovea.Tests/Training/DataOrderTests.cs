using Fovea.Core.Randomness;
using Fovea.Training.Examples;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Training;

public sealed class DataOrderTests
{
    [Property(MaxTest = 60)]
    public void Every_sample_is_seen_once_an_epoch(byte count, byte batch, byte window, int seed)
    {
        var (n, b, w) = (count + 1, (batch % 16) + 1, (window % 5) + 1);
        var lengths = Enumerable.Range(0, n).Select(i => (i * 7) % 13).ToArray();
        var order = new DataOrder(lengths, seed, b, 3L * n, w);
        var steps = ((3 * n) + b - 1) / b;
        var seen = Enumerable.Range(0, steps).SelectMany(s => order.Batch(s)).ToList();
        Assert.All(seen.GroupBy(i => i), g => Assert.Equal(3, g.Count()));
        Assert.Equal(3 * n, seen.Count);
    }

    [Property(MaxTest = 60)]
    public void A_batch_follows_from_its_step_alone(byte step, byte window, int seed)
    {
        var lengths = Enumerable.Range(0, 50).Select(i => (i * 7) % 13).ToArray();
        DataOrder Order() => new(lengths, seed, 8, 8 * 300, (window % 5) + 1);
        var walked = Order();
        for (var s = 0; s < step; s++)
        {
            walked.Batch(s);
        }

        Assert.Equal(Order().Batch(step), walked.Batch(step));
    }

    [Fact]
    public void A_window_of_one_keeps_the_permutation_of_the_epoch()
    {
        var order = new DataOrder(new int[10], seed: 4, batchSize: 5, total: 20, window: 1);
        Assert.Equal(new RandomSource(4, "order", 1).Permutation(10), order.Batch(2).Concat(order.Batch(3)));
    }

    [Fact]
    public void A_wide_window_puts_equal_lengths_together()
    {
        var lengths = Enumerable.Range(0, 64).ToArray();
        var order = new DataOrder(lengths, seed: 4, batchSize: 8, total: 64, window: 8);
        Assert.All(Enumerable.Range(0, 8), s => Assert.Equal(7, order.Batch(s).Max() - order.Batch(s).Min()));
        Assert.NotEqual(Enumerable.Range(0, 64), Enumerable.Range(0, 8).SelectMany(s => order.Batch(s)));
    }

    [Theory]
    [InlineData(null, 1.0, 3, 10)]
    [InlineData(null, 0.5, 2, 5)]
    [InlineData(7, null, 7, 28)]
    public void Steps_follow_from_epochs(int? steps, double? epochs, long expectedSteps, long expectedSamples)
    {
        var plan = TrainingPlan.Of(Small.Options with { Steps = steps, Epochs = epochs, BatchSize = 4, WarmupSteps = null, WarmupRatio = 0.5 }, 10);
        Assert.Equal((expectedSteps, expectedSamples), (plan.Steps, plan.Samples));
        Assert.Equal((long)Math.Ceiling(expectedSteps * 0.5), plan.Schedule.WarmupSteps);
    }
}
