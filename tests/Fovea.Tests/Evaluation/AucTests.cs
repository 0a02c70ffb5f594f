using Fovea.Core.Randomness;
using Fovea.Evaluation.Statistics;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Evaluation;

public sealed class AucTests
{
    [Fact]
    public void Four_scores_by_hand()
    {
        // Positives 3 and 1, negatives 2 and 1: pairs (3,2) and (3,1) won, (1,2) lost, (1,1) tied.
        ScoredItem[] items = [new(0, 3, true), new(0, 1, true), new(1, 2, false), new(1, 1, false)];
        Assert.Equal(0.625, Auc.ByUnit("auc", 2, items).Value, 12);
    }

    [Fact]
    public void One_class_alone_is_no_data()
    {
        ScoredItem[] items = [new(0, 3, true), new(1, 1, true)];
        Assert.Null(Bootstrap.Of(Auc.ByUnit("auc", 2, items)).Value);
    }

    [Fact]
    public void A_NaN_score_is_refused() =>
        Assert.Throws<ArgumentException>(() => Auc.ByUnit("auc", 1, [new(0, double.NaN, true)]));

    [Property]
    public void Equals_the_count_over_all_pairs((byte Score, bool Positive)[] given)
    {
        // Few distinct scores, so that ties are common.
        var items = given.Select((g, i) => new ScoredItem(i % 3, g.Score % 7, g.Positive)).ToArray();
        var (wins, pairs) = BruteForce(items, [1, 1, 1]);
        if (pairs > 0)
        {
            Assert.Equal(wins / pairs, Auc.ByUnit("auc", 3, items).Value, 9);
        }
    }

    [Fact]
    public void Its_unit_sums_give_the_spread_of_a_bootstrap_that_recounts_all_pairs()
    {
        const int Units = 40;
        var random = new RandomSource(5, "test/auc");
        var items = new List<ScoredItem>();
        for (var u = 0; u < Units; u++)
        {
            var level = random.NextGaussian();
            for (var k = 0; k < 4; k++)
            {
                items.Add(new ScoredItem(u, level + random.NextGaussian() + (k % 2), k % 2 == 1));
            }
        }

        var estimate = Bootstrap.Of(Auc.ByUnit("auc", Units, items));
        var recounted = Enumerable.Range(0, 400).Select(_ =>
        {
            var counts = new double[Units];
            for (var i = 0; i < Units; i++)
            {
                counts[random.Next(Units)]++;
            }

            var (wins, pairs) = BruteForce([.. items], counts);
            return wins / pairs;
        }).Order().ToArray();
        var width = recounted[389] - recounted[10];
        Assert.InRange((estimate.High!.Value - estimate.Low!.Value) / width, 0.8, 1.25);
    }

    private static (double Wins, double Pairs) BruteForce(ScoredItem[] items, double[] counts)
    {
        double wins = 0, pairs = 0;
        foreach (var p in items.Where(i => i.Positive))
        {
            foreach (var n in items.Where(i => !i.Positive))
            {
                var weight = counts[p.Unit] * counts[n.Unit];
                pairs += weight;
                wins += weight * (p.Score > n.Score ? 1 : p.Score.Equals(n.Score) ? 0.5 : 0);
            }
        }

        return (wins, pairs);
    }
}
