using Fovea.Core.Errors;
using Fovea.Core.Scores;
using Fovea.Core.Watching;
using Fovea.Models;
using Fovea.Scoring;
using Fovea.Store;
using Fovea.Tests.Store;
using TorchSharp;
using Xunit;

namespace Fovea.Tests.Scoring;

public sealed class VigScorerTests : IDisposable
{
    private static readonly string[] AllProxies = ["blur@4", "blur", "none", "black", "mean", "noise", "other"];
    private static readonly ScoringOptions Small = new() { TokenBudget = 200, WindowSamples = 4, ShardSamples = 8 };
    private readonly TemporaryFolder _folder = new();
    private readonly TinyCorpus _corpus = new(22);
    private readonly VisionLanguageModel _model = TinyCorpus.Llava();

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Every_condition_of_every_sample_with_an_image_is_scored_in_record_order()
    {
        var rows = Score("all", Small, AllProxies);
        Assert.Equal(Enumerable.Range(0, 22), rows.Select(r => r.Key.Record));
        foreach (var row in rows)
        {
            Assert.Equal(_corpus.Tokenized[row.Key.Record].TargetIds(), row.TargetIds);
            Assert.Equal(row.Key.Record % 5 != 4, row.HasImage);
            Assert.Equal(
                row.HasImage
                    ? ["image", "visionless:black", "visionless:blur", "visionless:blur4", "visionless:mean", "visionless:noise",
                        "visionless:none", "visionless:other"]
                    : [],
                row.LogProbs.Keys.Order(StringComparer.Ordinal));
        }

        Assert.All(rows.Where(r => r.HasImage), r => Assert.Equal(8, r.LogProbs.Values.Select(v => v[0]).Distinct().Count()));
    }

    [Fact]
    public void Without_a_proxy_the_image_alone_is_scored()
    {
        var both = Score("both", Small, "black");
        var alone = Score("alone", Small);
        Assert.All(alone, r => Assert.Equal(r.HasImage ? ["image"] : [], r.LogProbs.Keys));
        Assert.All(alone.Zip(both).Where(p => p.First.HasImage), p => Assert.Equal(p.Second.LogProbs["image"], p.First.LogProbs["image"]));
    }

    [Fact]
    public void Neither_padding_nor_batch_size_nor_order_changes_a_score()
    {
        var alone = Score("alone", Small with { TokenBudget = 1 }, AllProxies);
        Close(alone, Score("large", new ScoringOptions { TokenBudget = 100_000 }, AllProxies));
        Close(alone, Score("windows", new ScoringOptions { TokenBudget = 300, WindowSamples = 3, ShardSamples = 5 }, AllProxies));
    }

    [Fact]
    public void A_cancelled_run_goes_on_to_the_same_bytes()
    {
        _ = Score("whole", Small, "black", "noise");
        using (var store = Open("stopped"))
        {
            using var cancel = new CancellationTokenSource();
            var progress = new CancelAt(cancel, 12);
            Assert.Throws<OperationCanceledException>(() => Scorer(Small, "black", "noise").Score(_corpus.Source, store, progress, cancel.Token));
            Assert.True(store.HasShard(0));
            Assert.False(store.HasShard(1));
        }

        using (var store = Open("stopped"))
        {
            var summary = Scorer(Small, "black", "noise").Score(_corpus.Source, store, new SilentProgress(), TestContext.Current.CancellationToken);
            Assert.Equal(new ScoringSummary(22, 0, 1, 2), summary);
        }

        foreach (var file in Directory.GetFiles(_folder.File("whole")).Where(f => !f.EndsWith(".lock", StringComparison.Ordinal)))
        {
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(_folder.File("stopped"), Path.GetFileName(file))));
        }
    }

    [Fact]
    public void A_store_of_another_corpus_is_not_continued()
    {
        _ = Score("one", Small, "black");
        using var store = Open("one");
        var error = Assert.Throws<InvalidInputException>(() =>
            Scorer(Small, "black").Score(new TinyCorpus(9).Source, store, new SilentProgress(), TestContext.Current.CancellationToken));
        Assert.Contains("another corpus", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unreadable_image_stops_the_run_or_is_recorded_with_its_reason()
    {
        var corpus = new TinyCorpus(10) { Unreadable = true };
        var error = Assert.Throws<InvalidInputException>(() => Score("strict", Small, corpus, _model, "black"));
        Assert.Equal(2, error.Record);
        Assert.Contains("image1", error.Message, StringComparison.Ordinal);

        var rows = Score("lenient", Small with { MaxInvalid = 2 }, corpus, _model, "black");
        Assert.Equal([2, 3], rows.Where(r => r.InvalidReason == "image image1: not found").Select(r => r.Key.Record));
        Assert.Empty(rows[2].LogProbs);
        Assert.All(rows.Where(r => r.Key.Record is not (2 or 3) && r.HasImage), r => Assert.Equal(2, r.LogProbs.Count));
    }

    [Fact]
    public void A_donors_fault_is_told_as_the_donors()
    {
        var rows = Score("donors", Small with { MaxInvalid = 10 }, new TinyCorpus(10) { Unreadable = true }, _model, "other");
        var borrowed = rows.Where(r => r.InvalidReason is not null && r.Key.Record is not (2 or 3)).ToArray();
        Assert.Equal(2, borrowed.Length);
        Assert.All(borrowed, r => Assert.Matches(
            "^other_image: tiny.json#[23], whose image is shown in place of its own, cannot be used: image image1: not found$", r.InvalidReason));
    }

    [Fact]
    public void An_image_past_the_length_limit_is_invalid_and_targets_past_it_are_not_scored()
    {
        var rows = Score("narrow", Small with { MaxInvalid = 22, MaxLength = 24 }, _corpus, _model, "none");
        Assert.All(rows, r => Assert.True(r.InvalidReason is null || r.InvalidReason.StartsWith("no_target", StringComparison.Ordinal)));
        var cut = rows.Where(r => r.LogProbs.Count > 0 && float.IsNaN(r.LogProbs["image"][^1])).ToList();
        Assert.NotEmpty(cut);
        var whole = Score("wide", Small, "none");
        foreach (var row in cut)
        {
            var scored = ScoredTargets.Count(row.LogProbs["image"]);
            Assert.Equal(whole[row.Key.Record].LogProbs["image"][0], row.LogProbs["image"][0], 1e-5f);
            Assert.InRange(scored, 1, row.TargetIds.Length - 1);
            Assert.True(ScoredTargets.Count(row.LogProbs["visionless:none"]) > scored);
        }

        var refused = Score("tiny", Small with { MaxInvalid = 22, MaxLength = 8 }, _corpus, _model, "none");
        Assert.All(refused.Where(r => r.HasImage), r => Assert.StartsWith("image_cut", r.InvalidReason, StringComparison.Ordinal));
    }

    [Fact]
    public void Without_a_limit_targets_past_the_stated_positions_are_scored()
    {
        using var narrow = TinyCorpus.Llava(maxPositions: 24);
        Assert.All(Score("past", Small, _corpus, narrow, "none").SelectMany(r => r.LogProbs.Values), v => Assert.DoesNotContain(float.NaN, v));
    }

    [Fact]
    public void Scoring_leaves_no_tensor_behind()
    {
        _ = Score("warm", Small, "black");
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        _ = Score("again", Small, "black");
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void The_same_proxy_twice_is_refused() => Assert.Throws<UsageException>(() => Scorer(Small, "black", "black"));

    private static void Close(List<TokenScores> expected, List<TokenScores> got)
    {
        for (var i = 0; i < expected.Count; i++)
        {
            foreach (var (condition, values) in expected[i].LogProbs)
            {
                for (var t = 0; t < values.Length; t++)
                {
                    // The contract: 1e-5 + 1e-6 |x| nats.
                    Assert.Equal(values[t], got[i].LogProbs[condition][t], 1e-5f + (1e-6f * Math.Abs(values[t])));
                }
            }
        }
    }

    [Fact]
    public void A_reason_begins_with_its_name_whatever_path_the_file_has_and_a_sample_too_long_to_be_stored_is_one_of_them()
    {
        var source = ScoringSource.FromSamples(_corpus.Samples, s => s.Key.Record switch
        {
            0 => throw new InvalidInputException("/data/tiny.json", 0, "image \"a.png\": is cut short"),
            1 => _corpus.Tokenized[1] with { TargetIndices = new int[TokenScores.MaxTargets + 1] },
            _ => _corpus.Tokenized[s.Key.Record],
        });
        using (var store = Open("reasons"))
        {
            Scorer(Small with { MaxInvalid = 2 }, "black").Score(source, store, new SilentProgress(), TestContext.Current.CancellationToken);
        }

        Assert.Equal(["image \"a.png\": is cut short", "too_long: expected at most 131072 targets, got 131073; split the record"],
            ScoreStoreReader.Open(_folder.File("reasons")).Read().Select(r => r.InvalidReason).OfType<string>());
    }

    private VigScorer Scorer(ScoringOptions options, params string[] proxies) =>
        new(_model, _corpus.Loader, TinyCorpus.Proxies(proxies), options);

    private ScoreStoreWriter Open(string name) => ScoreStoreWriter.Open(_folder.File(name), ScoreRows.Provenance);

    private List<TokenScores> Score(string name, ScoringOptions options, params string[] proxies) => Score(name, options, _corpus, _model, proxies);

    private List<TokenScores> Score(string name, ScoringOptions options, TinyCorpus corpus, VisionLanguageModel model, params string[] proxies)
    {
        using var store = Open(name);
        new VigScorer(model, corpus.Loader, TinyCorpus.Proxies(proxies), options)
            .Score(corpus.Source, store, new SilentProgress(), TestContext.Current.CancellationToken);
        return [.. ScoreStoreReader.Open(_folder.File(name)).Read()];
    }

    private sealed class CancelAt(CancellationTokenSource source, long samples) : IProgressSink
    {
        public void Report(string task, long done, long total, string? note = null)
        {
            if (done >= samples)
            {
                source.Cancel();
            }
        }
    }
}
