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
        var folds = FoldAssignment.ByImage(_corpus.Samples, 3, seed: 1);
        VisionLanguageModel[] references = [TinyCorpus.Text(1), TinyCorpus.Text(2), TinyCorpus.Text(3)];
        var crossed = Score("crossed", new PriorScorer(references, folds, Small));
        var single = references.Select((r, i) => Score($"reference{i}", new PriorScorer(r, Small))).ToArray();
        foreach (var row in crossed.Where(r => r.HasImage))
        {
            Near(single[folds.FoldOf(row.Key)][row.Key.Record], row);
        }

        Array.ForEach(references, r => r.Dispose());
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

    [Fact]
    public void As_many_references_as_folds_are_needed()
    {
        using var reference = TinyCorpus.Text(1);
        Assert.Throws<ArgumentException>(() => new PriorScorer([reference], FoldAssignment.ByImage(_corpus.Samples, 2, 0), Small));
    }

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
