using Fovea.Core.Randomness;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Foundations;

public sealed class RandomSourceTests
{
    [Property]
    public bool The_same_seed_stage_and_index_give_the_same_draws(long seed, int index)
    {
        var (a, b) = (new RandomSource(seed, "s", index), new RandomSource(seed, "s", index));
        return Enumerable.Range(0, 20).All(_ => a.NextBits() == b.NextBits());
    }

    [Property]
    public bool Another_seed_stage_or_index_gives_other_draws(long seed, int index) =>
        new[] { new RandomSource(seed, "s", index), new RandomSource(seed + 1, "s", index), new RandomSource(seed, "t", index), new RandomSource(seed, "s", index + 1L) }
            .Select(r => r.NextBits()).Distinct().Count() == 4;

    [Property]
    public bool A_permutation_holds_each_number_once(long seed, byte n) =>
        new RandomSource(seed, "p").Permutation(n).Order().SequenceEqual(Enumerable.Range(0, n));

    [Fact]
    public void Draws_below_a_bound_are_uniform()
    {
        var random = new RandomSource(1, "uniform", 2);
        var counts = new int[6];
        for (var i = 0; i < 60_000; i++)
        {
            counts[random.Next(6)]++;
        }

        // 10,000 expected each; five standard deviations of a binomial are 456.
        Assert.All(counts, c => Assert.InRange(c, 9_500, 10_500));
    }

    [Fact]
    public void Gaussian_draws_have_mean_0_and_variance_1()
    {
        var random = new RandomSource(3, "g");
        var draws = Enumerable.Range(0, 100_000).Select(_ => random.NextGaussian()).ToArray();
        Assert.InRange(draws.Average(), -0.02, 0.02); // six standard errors
        Assert.InRange(draws.Select(x => x * x).Average(), 0.97, 1.03);
    }
}
