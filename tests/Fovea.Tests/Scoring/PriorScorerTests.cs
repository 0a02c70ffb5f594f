using Fovea.Core.Scores;
using Fovea.Core.Watching;
using Fovea.Models;
using Fovea.Scoring;
using Fovea.Scoring.Folds;
using Fovea.Store;
using Fovea.Tests.Store;
using Xunit;

namespace Fovea.Tests.Scoring;

public sealed class PriorScorerTests : IDisposable
{
    private static readonly ScoringOptions Small = new() { TokenBudget = 100, WindowSamples = 6, ShardSamples = 12 };
    private readonly TemporaryFolder _folder = new();
    private readonly TinyCorpus _corpus = new(20);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_reference_scores_the_text_of_samples_with_an_image()
    {
        using var reference = TinyCorpus.Text(1);
        var rows = Score("one", new PriorScorer(reference, Small));
        foreach (var row in rows)
        {
            Assert.Equal(row.HasImage ? [Conditions.TextOnlyReference] : [], row.LogProbs.Keys);
            Assert.Null(row.ContextFingerprint);
            Assert.Equal($"text{row.Key.Record}", row.TextFingerprint);
        }
    }

    [Fact]
    public void Batching_changes_no_score()
    {
        using var reference = TinyCorpus.Text(1);
        var alone = Score("alone", new PriorScorer(reference, Small with { TokenBudget = 1 }));
        var large = Score("large", new PriorScorer(reference, new ScoringOptions()));
        Assert.All(alone.Zip(large).Where(p => p.First.HasImage), p => Near(p.First, p.Second));
    }

    [Fact]
    public void Each_fold_is_scored_by_the_reference_that_did_not_see_it()
    {
        var folds = Folds(3);
        VisionLanguageModel[] references = [TinyCorpus.Text(1), TinyCorpus.Text(2), TinyCorpus.Text(3)];
        var crossed = Score("crossed", new PriorScorer([.. references.Select((r, k) => Reference(r, folds, k))], folds, Small));
        var single = references.Select((r, i) => Score($"reference{i}", new PriorScorer(r, Small))).ToArray();
        foreach (var row in crossed.Where(r => r.HasImage))
        {
            Near(single[folds.Folds.FoldOf(row.Key)][row.Key.Record], row);
        }

        Array.ForEach(references, r => r.Dispose());
    }

    [Fact]
    public void A_reference_that_was_not_trained_without_its_fold_of_this_assignment_is_refused()
    {
        using var model = TinyCorpus.Text(1);
        var folds = Folds(2);
        string Refusal(params FoldReference[] references) =>
            Assert.ThrowsAny<Core.Errors.FoveaException>(() => new PriorScorer(references, folds, Small)).Message;
        var right = new[] { Reference(model, folds, 0), Reference(model, folds, 1) };
        Assert.NotNull(new PriorScorer(right, folds, Small));
        Assert.Contains("expected 2", Refusal(right[0]), StringComparison.Ordinal);
        Assert.Contains("the one without fold 1, which was trained on fold 0", Refusal(right[1], right[0]), StringComparison.Ordinal);
        Assert.Contains("trained without folds", Refusal(right[0], right[1] with { Without = null }), StringComparison.Ordinal);
        Assert.Contains("another assignment", Refusal(right[0], right[1] with { Without = new LeftOutFold("aa", 1) }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_placeholder_in_front_of_a_reference_is_invalid()
    {
        using var reference = TinyCorpus.Text(1);
        using var store = ScoreStoreWriter.Open(_folder.File("bad"), ScoreRows.Provenance);
        var error = Assert.Throws<Core.Errors.InvalidInputException>(() =>
            new PriorScorer(reference, Small).Score(_corpus.Source, store, new SilentProgress(), TestContext.Current.CancellationToken));
        Assert.Contains("image_count", error.Message, StringComparison.Ordinal);
    }

    private FoldsFile Folds(int count)
    {
        var path = _folder.File($"folds{count}.jsonl");
        FoldsFile.Write(path, FoldAssignment.ByImage(_corpus.Samples, count, seed: 1), [new FoldSource("tiny.json", "none", true)]);
        return FoldsFile.Read(path);
    }

    private static FoldReference Reference(VisionLanguageModel model, FoldsFile folds, int fold) =>
        new(model, $"reference{fold}", new LeftOutFold(folds.Sha256, fold));

    private static void Near(TokenScores expected, TokenScores got)
    {
        var (x, y) = (expected.LogProbs[Conditions.TextOnlyReference], got.LogProbs[Conditions.TextOnlyReference]);
        for (var t = 0; t < x.Length; t++)
        {
            Assert.Equal(x[t], y[t], 1e-5f);
        }
    }

    private List<TokenScores> Score(string name, PriorScorer scorer)
    {
        using var store = ScoreStoreWriter.Open(_folder.File(name), ScoreRows.Provenance);
        scorer.Score(_corpus.TextSource, store, new SilentProgress(), TestContext.Current.CancellationToken);
        return [.. ScoreStoreReader.Open(_folder.File(name)).Read()];
    }
}
