using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Scoring;
using Fovea.Scoring.Batching;
using Fovea.Scoring.Folds;
using Fovea.Scoring.Proxies;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Scoring;

public sealed class ScoringPiecesTests
{
    [Property]
    public Property Batches_hold_every_sample_once_within_the_budget(byte[] lengths, ushort budget)
    {
        var tokens = Array.ConvertAll(lengths, l => 1 + l);
        var batches = TokenBudget.Plan(tokens, 1 + budget);
        var once = batches.SelectMany(b => b).Order().SequenceEqual(Enumerable.Range(0, tokens.Length));
        var within = batches.All(b => b.Length == 1 || b.Length * b.Max(i => tokens[i]) <= 1 + budget);
        return (once && within).Label($"{batches.Count} batches");
    }

    [Property]
    public Property Other_images_are_never_ones_own_and_each_donates_once(NonEmptyArray<byte> images, long seed)
    {
        var samples = images.Get.Select((b, i) => Sample(i, $"image{b % 9}")).ToList();
        var source = ScoringSource.FromSamples(samples, _ => throw new InvalidOperationException());
        if (2 * samples.GroupBy(s => s.Images[0]).Max(g => g.Count()) > samples.Count)
        {
            return Throws(() => OtherImages.Assign(source, seed)).Label("refused");
        }

        var others = OtherImages.Assign(source, seed);
        var donors = samples.Select(s => others.DonorOf(s.Key)).ToList();
        return (donors.Zip(samples).All(p => p.First.Images[0] != p.Second.Images[0]) && donors.Select(d => d.Key).Distinct().Count() == samples.Count).Label("derangement");
    }

    [Fact]
    public void A_sample_with_several_images_gets_none_of_its_own()
    {
        Sample[] samples = [Sample(0, "a", "b"), Sample(1, "b"), Sample(2, "a"), Sample(3, "c", "b"), Sample(4, "d")];
        var others = OtherImages.Assign(ScoringSource.FromSamples(samples, _ => throw new InvalidOperationException()), 1);
        Assert.All(samples, s => Assert.Empty(others.DonorOf(s.Key).Images.Intersect(s.Images)));
    }

    [Property(MaxTest = 50)]
    public Property Samples_that_share_an_image_share_a_fold_and_folds_are_level(NonEmptyArray<byte> images, long seed)
    {
        var samples = images.Get.Select((b, i) => Sample(i, $"image{b}")).ToList();
        var groups = samples.GroupBy(s => s.Images[0]).ToList();
        if (groups.Count < 3)
        {
            return Throws(() => FoldAssignment.ByImage(samples, 3, seed)).Label("refused");
        }

        var folds = FoldAssignment.ByImage(samples, 3, seed);
        var again = FoldAssignment.ByImage(samples, 3, seed);
        var together = groups.All(g => g.Select(s => folds.FoldOf(s.Key)).Distinct().Count() == 1);
        var same = samples.All(s => folds.FoldOf(s.Key) == again.FoldOf(s.Key));
        var sizes = samples.CountBy(s => folds.FoldOf(s.Key)).Select(f => f.Value).ToList();
        var level = sizes.Count == 3 && sizes.Max() - sizes.Min() <= groups.Max(g => g.Count());
        return (together && same && level).Label($"sizes {string.Join(",", sizes)}");
    }

    [Fact]
    public void Images_join_samples_into_one_fold_through_others()
    {
        Sample[] samples = [Sample(0, "a"), Sample(1, "b"), Sample(2, "a", "b"), Sample(3, "c"), Sample(4), Sample(5)];
        var folds = FoldAssignment.ByImage(samples, 2, 3);
        Assert.Equal(folds.FoldOf(samples[0].Key), folds.FoldOf(samples[1].Key));
        Assert.False(folds.IsTrainedOn(folds.FoldOf(samples[3].Key), samples[3].Key));
        Assert.Throws<InvalidInputException>(() => folds.FoldOf(new SampleKey("other", 0)));
        Assert.Throws<UsageException>(() => FoldAssignment.ByImage(samples, 1, 3));
    }

    [Theory]
    [InlineData("blur", "visionless:blur")]
    [InlineData("blur@7.5", "visionless:blur7.5")]
    [InlineData("blur@4", "visionless:blur4")]
    [InlineData("none", "visionless:none")]
    [InlineData("other", "visionless:other")]
    public void A_proxy_is_read_into_its_condition(string text, string condition) => Assert.Equal(condition, VisionlessProxy.Parse(text).Condition);

    [Theory]
    [InlineData("blur@")]
    [InlineData("blur@0")]
    [InlineData("blur@NaN")]
    [InlineData("blur@1e9")]
    [InlineData("grey")]
    [InlineData("Blur")]
    [InlineData("")]
    public void A_proxy_that_is_none_is_refused(string text) => Assert.Throws<UsageException>(() => VisionlessProxy.Parse(text));

    [Theory]
    [InlineData(0, 64, 512)]
    [InlineData(1, 0, 512)]
    [InlineData(1, 64, 513)]
    public void Options_out_of_range_are_refused(int budget, int window, int shard)
    {
        using var reference = TinyCorpus.Text(1);
        Assert.Throws<UsageException>(() => new PriorScorer(reference, new ScoringOptions { TokenBudget = budget, WindowSamples = window, ShardSamples = shard }));
    }

    private static bool Throws(Action work)
    {
        try
        {
            work();
            return false;
        }
        catch (FoveaException)
        {
            return true;
        }
    }

    private static Sample Sample(int record, params string[] images) => new(new SampleKey("x.json", record), null, images, []);
}
