using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Core.Randomness;
using Fovea.Core.Samples;
using Fovea.Scoring.Folds;
using Fovea.Tests.Store;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Scoring;

public sealed class FoldTests : IDisposable
{
    private static readonly string[] Files = ["x.json", "y.json"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Samples of two files to be scored and one that is not, with up to two of a few images; two folders hold images of the same names.</summary>
    [Property(MaxTest = 100)]
    public Property No_scored_sample_and_none_of_its_images_was_in_its_references_training_set(byte size, byte count, long seed)
    {
        var samples = Enumerable.Range(0, 1 + size).Select(i => Draw(new RandomSource(seed, "test/folds", i).NextBits(), i)).ToList();
        var (scored, others) = (samples.Where(s => s.Key.Source[0] != 'o').ToList(), samples.Where(s => s.Key.Source[0] == 'o').ToList());
        var k = 2 + (count % 3);
        FoldAssignment folds;
        try
        {
            folds = FoldAssignment.ByImage(scored, k, seed, others);
        }
        catch (FoveaException)
        {
            return (scored.Count < k || scored.Any(s => s.Images.Count > 0)).Label("refused");
        }

        var keys = new ImageKeys();
        for (var fold = 0; fold < k; fold++)
        {
            var trained = samples.Where(s => folds.IsTrainedOn(fold, s.Key)).ToList();
            var seen = trained.SelectMany(s => keys.Of(s)).ToHashSet();
            var mine = scored.Where(s => folds.FoldOf(s.Key) == fold).ToList();
            if (mine.Exists(s => trained.Contains(s) || keys.Of(s).Any(seen.Contains)))
            {
                return false.Label($"fold {fold} leaks");
            }
        }

        var images = scored.SelectMany(s => keys.Of(s)).ToHashSet();
        var free = others.Where(s => !keys.Of(s).Any(images.Contains)).All(s => Enumerable.Range(0, k).All(f => folds.IsTrainedOn(f, s.Key)));
        return free.Label("samples that share no image are trained on by all references");
    }

    [Property(MaxTest = 50)]
    public Property Samples_that_share_an_image_share_a_fold_and_folds_are_level(NonEmptyArray<byte> images, long seed)
    {
        var samples = images.Get.Select((b, i) => Sample("x.json", i, $"image{b}")).ToList();
        var groups = samples.GroupBy(s => s.Images[0]).ToList();
        if (groups.Count < 3)
        {
            return (Record.Exception(() => FoldAssignment.ByImage(samples, 3, seed)) is FoveaException).Label("refused");
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
    public void The_assignment_of_a_seed_is_the_one_it_always_was()
    {
        // Pairs that share an image, dealt in the order of the permutation: what references were trained against before assignments were files.
        var samples = Enumerable.Range(0, 16).Select(i => Sample("x.json", i, $"{i / 2}.png")).ToArray();
        var folds = FoldAssignment.ByImage(samples, 2, 101);
        var order = new RandomSource(101, "score/folds").Permutation(8);
        Assert.Equal(Enumerable.Range(0, 16).Select(i => Array.IndexOf(order, i / 2) % 2), samples.Select(s => folds.FoldOf(s.Key)));
    }

    [Fact]
    public void Images_join_samples_into_one_fold_through_others()
    {
        Sample[] samples = [Sample("x.json", 0, "a"), Sample("x.json", 1, "b"), Sample("x.json", 2, "a", "b"), Sample("x.json", 3, "c"), Sample("x.json", 4),
            Sample("x.json", 5)];
        var folds = FoldAssignment.ByImage(samples, 2, 3);
        Assert.Equal(folds.FoldOf(samples[0].Key), folds.FoldOf(samples[1].Key));
        Assert.False(folds.IsTrainedOn(folds.FoldOf(samples[3].Key), samples[3].Key));
        Assert.Throws<InvalidInputException>(() => folds.FoldOf(new SampleKey("other", 0)));
        Assert.Throws<UsageException>(() => FoldAssignment.ByImage(samples, 1, 3));
    }

    [Fact]
    public void A_sample_that_is_not_scored_and_links_two_folds_is_left_out_of_both()
    {
        Sample[] scored = [Sample("x.json", 0, "a"), Sample("x.json", 1, "b")];
        Sample[] others = [Sample("y.json", 0, "a", "b"), Sample("y.json", 1, "b"), Sample("y.json", 2, "c"), Sample("y.json", 3)];
        var folds = FoldAssignment.ByImage(scored, 2, 1, others);
        Assert.NotEqual(folds.FoldOf(scored[0].Key), folds.FoldOf(scored[1].Key));
        Assert.Equal([2, 1, 0, 0], others.Select(o => Enumerable.Range(0, 2).Count(f => !folds.IsTrainedOn(f, o.Key))));
        Assert.False(folds.IsTrainedOn(folds.FoldOf(scored[1].Key), others[1].Key));
        Assert.Throws<InvalidInputException>(() => folds.FoldOf(others[1].Key));
    }

    [Fact]
    public void An_assignment_comes_back_from_its_file_and_its_hash_follows_its_content()
    {
        var (first, again) = (Write("a.jsonl", seed: 1), Write("b.jsonl", seed: 1));
        Assert.Equal(first.Sha256, again.Sha256);
        Assert.NotEqual(first.Sha256, Write("c.jsonl", seed: 2).Sha256);
        Assert.Equal(first.Folds.Rows.Select(r => (r.Key, r.IsScored, string.Join(',', r.LeftOutOf))),
            again.Folds.Rows.Select(r => (r.Key, r.IsScored, string.Join(',', r.LeftOutOf))));
        Assert.DoesNotContain(_folder.Path, File.ReadAllText(first.Path), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[1, 2]")]
    [InlineData("""{"kind": "fovea.folds", "schema_version": 2, "count": 2, "seed": 1, "samples": 0, "sources": []}""")]
    [InlineData("""{"kind": "fovea.folds", "schema_version": 1, "count": 1, "seed": 1, "samples": 0, "sources": []}""")]
    [InlineData("""{"kind": "fovea.folds", "schema_version": 1, "count": 2, "seed": 1, "samples": 0, "sources": [null]}""")]
    [InlineData("""{"kind": "fovea.folds", "schema_version": 1, "count": 2, "seed": 1, "samples": 1, "sources": []}""")]
    [InlineData("HEAD", """{"source": "y.json", "record": 0, "left_out_of": [0]}""")]
    [InlineData("HEAD", """{"source": "x.json", "record": 0, "left_out_of": [2]}""")]
    [InlineData("HEAD", """{"source": "x.json", "record": 0, "left_out_of": []}""")]
    [InlineData("HEAD", """{"source": "x.json", "record": 0}""")]
    [InlineData("HEAD", "null")]
    public void A_file_that_is_no_assignment_is_refused_in_one_line(params string[] lines)
    {
        var path = _folder.File("bad.jsonl");
        File.WriteAllLines(path, lines.Select(l => l == "HEAD"
            ? """{"kind": "fovea.folds", "schema_version": 1, "count": 2, "seed": 1, "samples": 1, "sources": [{"name": "x.json", "sha256": "a", "scored": true}]}""" : l));
        var error = Assert.Throws<InvalidInputException>(() => FoldsFile.Read(path));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void A_torn_assignment_is_refused_wherever_it_is_cut()
    {
        var whole = File.ReadAllBytes(Write("whole.jsonl", seed: 1).Path);
        for (var cut = 0; cut < whole.Length - 1; cut += 7)
        {
            File.WriteAllBytes(_folder.File("torn.jsonl"), whole[..cut]);
            Assert.Throws<InvalidInputException>(() => FoldsFile.Read(_folder.File("torn.jsonl")));
        }
    }

    [Fact]
    public void Files_must_be_the_very_ones_that_folds_were_assigned_over()
    {
        var folds = Write("folds.jsonl", seed: 1);
        folds.Require([("x.json", _folder.File("x.json"))], toBeScored: true);
        folds.Require([("x.json", _folder.File("x.json")), ("y.json", _folder.File("y.json"))], toBeScored: false);
        Assert.Contains("as --data", Assert.Throws<InvalidInputException>(() => folds.Require([("y.json", _folder.File("y.json"))], toBeScored: true)).Message,
            StringComparison.Ordinal);
        Assert.Contains("--also-train", Assert.Throws<InvalidInputException>(
            () => folds.Require([("z.json", _folder.File("z.json"))], toBeScored: false)).Message, StringComparison.Ordinal);
        File.AppendAllText(_folder.File("x.json"), " ");
        Assert.Contains("changed since", Assert.Throws<InvalidInputException>(
            () => folds.Require([("x.json", _folder.File("x.json"))], toBeScored: true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_left_out_lies_beside_the_model()
    {
        Assert.Null(LeftOutFold.Read(_folder.Path));
        new LeftOutFold("ab", 1).Write(_folder.Path);
        Assert.Equal(new LeftOutFold("ab", 1), LeftOutFold.Read(_folder.Path));
        File.WriteAllText(_folder.File(LeftOutFold.FileName), "{}");
        Assert.Contains("train the reference again", Assert.Throws<InvalidInputException>(() => LeftOutFold.Read(_folder.Path)).Message,
            StringComparison.Ordinal);
    }

    private FoldsFile Write(string name, long seed)
    {
        foreach (var file in Files.Where(f => !File.Exists(_folder.File(f))))
        {
            File.WriteAllText(_folder.File(file), file);
        }

        var scored = Enumerable.Range(0, 9).Select(i => Sample("x.json", i, $"{i}.png")).ToArray();
        var folds = FoldAssignment.ByImage(scored, 3, seed, [Sample("y.json", 0, "3.png", "4.png"), Sample("y.json", 1)]);
        FoldsFile.Write(_folder.File(name), folds, [.. Files.Select(f => new FoldSource(f, ContentHash.OfFile(_folder.File(f)), f == "x.json"))]);
        return FoldsFile.Read(_folder.File(name));
    }

    private static Sample Draw(ulong draw, int index)
    {
        string[] files = ["a.json", "b.json", "other.json"];
        string[] forms = ["", "./", "x/../"];
        var images = Enumerable.Range(0, (int)((draw >> 8) % 3))
            .Select(i => $"{forms[(int)((draw >> (16 + (4 * i))) % 3)]}{(draw >> (32 + (8 * i))) % 40}.png");
        return Sample(files[(int)(draw % 3)], index, [.. images]) with { ImageRoot = (draw >> 60) % 2 == 0 ? "/one" : "/two" };
    }

    private static Sample Sample(string source, int record, params string[] images) =>
        new(new SampleKey(source, record), null, images, []) { ImageRoot = "/images" };
}
