using System.Runtime.InteropServices;
using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Core.Watching;
using Fovea.Models;
using Fovea.Models.Targets;
using Fovea.Scoring;
using Fovea.Store;
using Fovea.Tests.Foundations;
using Fovea.Tests.Store;
using Xunit;

namespace Fovea.Tests.Scoring;

/// <summary>Scoring that runs out of memory, dies, or comes back to a corpus that is no longer the same.</summary>
public sealed class ScoringFaultTests : IDisposable
{
    private static readonly ScoringOptions Small = new() { TokenBudget = 400, WindowSamples = 4, ShardSamples = 8 };
    private readonly TemporaryFolder _folder = new();
    private readonly TinyCorpus _corpus = new(22);
    private readonly VisionLanguageModel _model = TinyCorpus.Llava();

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_lack_of_memory_halves_the_budget_of_that_shard_and_of_those_after_it_and_is_recorded(bool native)
    {
        var calls = 0;
        var options = Small with
        {
            Compute = (model, batch) => ++calls == 8 ? throw OutOfMemory(native) : TargetLogProbs.Scores(model, batch),
        };
        _ = Score("starved", options, _corpus);
        Assert.Equal([400, 200, 200], ScoreStoreReader.Open(_folder.File("starved")).Shards.Select(s => s.TokenBudget!.Value));

        // What was recorded is all that matters: a damaged shard comes back to the same bytes without another failure.
        var shards = Directory.GetFiles(_folder.File("starved"), "shard-*").Order(StringComparer.Ordinal).ToArray();
        var before = Array.ConvertAll(shards, File.ReadAllBytes);
        File.WriteAllText(shards[1], "torn");
        _ = Score("starved", Small, _corpus);
        Assert.Equal(before, Array.ConvertAll(shards, File.ReadAllBytes));
    }

    [Fact]
    public void Memory_that_does_not_suffice_for_one_sample_is_an_error_that_says_so()
    {
        var options = Small with { Compute = (_, _) => throw new InsufficientMemoryException("none left") };
        var error = Assert.Throws<FoveaException>(() => Score("none", options, _corpus));
        Assert.Matches("^one sample of [0-9]+ tokens: not enough memory", error.Message);
    }

    [Fact]
    public void Another_failure_is_not_taken_for_a_lack_of_memory()
    {
        var options = Small with { Compute = (_, _) => throw new NativeFailure("shapes cannot be multiplied") };
        Assert.Throws<NativeFailure>(() => Score("broken", options, _corpus));
    }

    [Fact]
    public void Wherever_the_process_dies_scoring_goes_on_to_the_same_store_and_no_finished_shard_is_scored_twice()
    {
        var whole = Content("whole", Small);
        for (var moves = 0; moves <= 8; moves++)
        {
            var name = $"killed{moves}";
            var disk = new FaultyFiles { MovesBeforeCrash = moves };
            try
            {
                Run(name, Small, _corpus, disk);
                Assert.Equal(8, moves);
            }
            catch (FaultyFiles.Crash)
            {
            }

            var finished = disk.Moved.Count(f => f.StartsWith("shard", StringComparison.Ordinal));
            Assert.Equal(finished, Run(name, Small, _corpus).ShardsKept);
            Assert.Equal(whole, Files(name));
        }
    }

    [Fact]
    public void A_sample_whose_text_context_or_image_changed_is_refused_by_name()
    {
        _ = Score("changed", Small, _corpus);
        (string What, Func<TokenizedSample, TokenizedSample> Change)[] changes =
        [
            ("text fingerprint", t => t with { TextFingerprint = "other" }),
            ("context fingerprint", t => t with { ContextFingerprint = "other" }),
        ];
        foreach (var (what, change) in changes)
        {
            var source = ScoringSource.FromSamples(_corpus.Samples, s => s.Key.Record == 12 ? change(_corpus.Tokenized[12]) : _corpus.Tokenized[s.Key.Record]);
            using var store = ScoreStoreWriter.Open(_folder.File("changed"), ScoreRows.Provenance);
            var error = Assert.Throws<InvalidInputException>(() => Scorer(Small, _corpus)
                .Score(source, store, new SilentProgress(), TestContext.Current.CancellationToken));
            Assert.Equal(12, error.Record);
            Assert.Contains(what, error.Message, StringComparison.Ordinal);
        }

        using var again = ScoreStoreWriter.Open(_folder.File("changed"), ScoreRows.Provenance);
        var image = Assert.Throws<InvalidInputException>(() =>
            Scorer(Small, _corpus, t => t.Key.Record == 7 ? "other bytes" : Hash(t))
                .Score(_corpus.Source, again, new SilentProgress(), TestContext.Current.CancellationToken));
        Assert.Contains("its image image3 changed", image.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Details_come_from_the_same_logits_as_the_log_probabilities()
    {
        var rows = Score("details", Small with { TopOne = true, Entropy = true }, _corpus);
        var plain = Score("plain", Small, _corpus);
        Assert.Equal(Text(plain), Text(rows));
        foreach (var row in rows.Where(r => r.HasImage))
        {
            foreach (var (condition, logProbs) in row.LogProbs)
            {
                // The likeliest token has at least the probability 1 / vocabulary, and entropy is at most its logarithm.
                Assert.All(logProbs.Zip(row.TopOne[condition]), p => Assert.True(!p.Second || p.First >= -Math.Log(TinyCorpus.VocabSize) - 1e-5));
                Assert.All(row.Entropy[condition], e => Assert.InRange(e, 0f, (float)Math.Log(TinyCorpus.VocabSize) + 1e-5f));
            }
        }

        Assert.Contains(rows.SelectMany(r => r.TopOne.Values.SelectMany(v => v)), t => t);
        Assert.Empty(plain[0].TopOne);
    }

    [Fact]
    public void Images_are_prepared_while_batches_are_computed_and_never_on_the_computing_thread_once_begun()
    {
        var computing = Environment.CurrentManagedThreadId;
        var preparing = new HashSet<int>();
        string? Watch(TokenizedSample sample)
        {
            lock (preparing)
            {
                preparing.Add(Environment.CurrentManagedThreadId);
            }

            return Hash(sample);
        }

        using (var store = ScoreStoreWriter.Open(_folder.File("ahead"), ScoreRows.Provenance))
        {
            Scorer(Small, _corpus, Watch).Score(_corpus.Source, store, new SilentProgress(), TestContext.Current.CancellationToken);
        }

        Assert.Contains(preparing, id => id != computing);
        Assert.Equal(Content("alone", Small), Files("ahead"));
    }

    [Fact]
    public void A_sample_with_several_images_and_turns_scores_as_it_does_by_hand()
    {
        var two = _corpus.Tokenized[0] with
        {
            InputIds = [1, TokenizedSample.ImagePlaceholder, 10, TokenizedSample.ImagePlaceholder, 11, 20, 2, 12, 21, 22, 2],
            TargetIndices = [5, 6, 8, 9, 10],
            EndTargets = [1, 4],
            TargetSpans = new TargetSpan[5],
            Images = ["image0", "image4"],
        };
        Sample[] samples = [_corpus.Samples[0] with { Images = two.Images }, .. _corpus.Samples.Skip(1).Take(5)];
        var loader = new Fovea.Data.Images.ImageLoader(new Several(_corpus, samples), _corpus.Loader.Processor);
        var source = ScoringSource.FromSamples(samples, s => s.Key.Record == 0 ? two : _corpus.Tokenized[s.Key.Record]);
        using (var store = ScoreStoreWriter.Open(_folder.File("two"), ScoreRows.Provenance))
        {
            new VigScorer(_model, loader, TinyCorpus.Proxies("black", "none"), Small).Score(source, store, new SilentProgress(),
                TestContext.Current.CancellationToken);
        }

        var row = ScoreStoreReader.Open(_folder.File("two")).Read().First();
        var images = loader.Normalized(two);
        Assert.Equal(2, images.Count);
        Close(TargetLogProbs.Compute(_model, [Fovea.Models.Batching.SampleExpander.Expand(_model, two, images)])[0], row.LogProbs[Conditions.Image]);
        Close(TargetLogProbs.Compute(_model, [Fovea.Models.Batching.SampleExpander.Expand(_model, two, [], withoutImages: true)])[0],
            row.LogProbs["visionless:none"]);
        var swapped = TargetLogProbs.Compute(_model, [Fovea.Models.Batching.SampleExpander.Expand(_model, two, [images[1], images[0]])])[0];
        Assert.NotEqual(swapped, row.LogProbs[Conditions.Image]);
        Assert.Equal([1, 4], row.EndTargets);
    }

    private sealed class Several(TinyCorpus corpus, Sample[] samples) : ICorpus
    {
        public IReadOnlyList<Sample> Samples => samples;

        public RgbImage LoadImage(Sample sample, int index) => corpus.LoadImage(sample, index);
    }

    private static void Close(float[] expected, float[] got) =>
        Assert.All(expected.Zip(got), p => Assert.Equal(p.First, p.Second, 1e-5f + (1e-6f * Math.Abs(p.First))));

    private static Exception OutOfMemory(bool native) => native
        ? new NativeFailure("[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes.")
        : new InsufficientMemoryException();

    /// <summary>As TorchSharp reports what libtorch throws.</summary>
    private sealed class NativeFailure(string message) : ExternalException(message);

    private static string Hash(TokenizedSample sample) => string.Join(',', sample.Images);

    private static IEnumerable<string> Text(IEnumerable<TokenScores> rows) =>
        rows.SelectMany(r => r.LogProbs.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{r.Key} {p.Key} {string.Join(' ', p.Value)}"));

    private VigScorer Scorer(ScoringOptions options, TinyCorpus corpus, Func<TokenizedSample, string?>? hash = null) =>
        new(_model, corpus.Loader, TinyCorpus.Proxies("black", "noise") with { ImageHash = hash ?? Hash }, options);

    private ScoringSummary Run(string name, ScoringOptions options, TinyCorpus corpus, FaultyFiles? disk = null)
    {
        using var store = ScoreStoreWriter.Open(_folder.File(name), ScoreRows.Provenance, disk);
        return Scorer(options, corpus).Score(corpus.Source, store, new SilentProgress(), TestContext.Current.CancellationToken);
    }

    private List<TokenScores> Score(string name, ScoringOptions options, TinyCorpus corpus)
    {
        Run(name, options, corpus);
        return [.. ScoreStoreReader.Open(_folder.File(name)).Read()];
    }

    private List<(string, string)> Content(string name, ScoringOptions options)
    {
        Run(name, options, _corpus);
        return Files(name);
    }

    private List<(string Name, string Hash)> Files(string name) => [.. Directory.GetFiles(_folder.File(name)).Order(StringComparer.Ordinal)
        .Where(f => !f.EndsWith(".lock", StringComparison.Ordinal)).Select(f => (Path.GetFileName(f), Fovea.Core.Provenance.ContentHash.OfFile(f)))];
}
