using Fovea.Core.Errors;
using Fovea.Core.Randomness;
using Fovea.Core.Samples;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Scoring;

public sealed class OtherImagesTests
{
    [Property]
    public Property Other_images_are_never_ones_own_and_each_donates_once(NonEmptyArray<byte> images, long seed)
    {
        var samples = images.Get.Select((b, i) => Sample(i, $"image{b % 9}")).ToList();
        if (2 * samples.GroupBy(s => s.Images[0]).Max(g => g.Count()) > samples.Count)
        {
            return (Record.Exception(() => OtherImages.Assign(samples, Random(seed))) is FoveaException).Label("refused");
        }

        var others = OtherImages.Assign(samples, Random(seed));
        var donors = samples.Select(s => others[s.Key]).ToList();
        return (donors.Zip(samples).All(p => p.First.Images[0] != p.Second.Images[0])
            && donors.Select(d => d.Key).Distinct().Count() == samples.Count).Label("derangement");
    }

    [Property]
    public Property With_one_sample_per_image_they_are_one_cycle_through_all(byte count, long seed)
    {
        var samples = Enumerable.Range(0, 2 + count).Select(i => Sample(i, $"image{i}")).ToList();
        var others = OtherImages.Assign(samples, Random(seed));
        var (at, steps) = (samples[0], 0);
        do
        {
            at = others[at.Key];
            steps++;
        }
        while (at != samples[0]);

        return (steps == samples.Count).Label($"{steps} of {samples.Count}");
    }

    [Fact]
    public void A_sample_with_several_images_gets_none_of_its_own()
    {
        Sample[] samples = [Sample(0, "a", "b"), Sample(1, "./b"), Sample(2, "a"), Sample(3, "c", "x/../b"), Sample(4, "d")];
        var others = OtherImages.Assign(samples, Random(1));
        var keys = new ImageKeys();
        Assert.All(samples, s => Assert.Empty(keys.Of(others[s.Key]).Intersect(keys.Of(s))));
    }

    [Fact]
    public void Pictures_that_are_no_files_are_known_by_their_corpus_and_name()
    {
        var (a, b, c) = (Sample(0, "1.png"), Sample(1, "1.png"), Sample(2, "1.png") with { Key = new SampleKey("other", 2) });
        var keys = new ImageKeys();
        Assert.Equal(keys.Of(a, 0), keys.Of(b, 0));
        Assert.NotEqual(keys.Of(a, 0), keys.Of(c, 0));
        Assert.DoesNotContain(Environment.CurrentDirectory, keys.Of(a, 0).Path, StringComparison.Ordinal);
    }

    [Fact]
    public void Pictures_of_one_name_in_two_folders_are_others_to_each_other()
    {
        Sample[] samples = [Sample(0, "1.png") with { ImageRoot = "/a" }, Sample(1, "1.png") with { ImageRoot = "/b" }];
        var others = OtherImages.Assign(samples, Random(1));
        Assert.Equal(samples[1], others[samples[0].Key]);
        Assert.Throws<FoveaException>(() => OtherImages.Assign([samples[0], samples[1] with { ImageRoot = "/b/../a/." }], Random(1)));
    }

    private static RandomSource Random(long seed) => new(seed, "test/other");

    private static Sample Sample(int record, params string[] images) => new(new SampleKey("x.json", record), null, images, []);
}
