using Fovea.Core.Errors;
using Fovea.Core.Scores;
using Fovea.Evaluation.Statistics;
using Fovea.Pipeline.Scores;
using Fovea.Store;
using Fovea.Tests.Store;
using Xunit;

namespace Fovea.Tests.Pipeline;

public sealed class StoreComparisonTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Differences_ranks_and_the_tokens_where_stores_part_are_those_by_hand()
    {
        TokenScores[] a = [ScoreRows.Scored(0, [-1f, -2f, -3f], [-2f, -2f, -2f]), ScoreRows.Scored(1, [-1f, -1f, -4f], [-1f, -2f, -3f]), ScoreRows.TextOnly(3, 4)];
        TokenScores[] b = [ScoreRows.Scored(0, [-1f, -3f, -2.5f], [-2f, -2f, -2f]), ScoreRows.Scored(1, [-1f, -1f, -4f], [-1f, -2f, -3f]), ScoreRows.TextOnly(3, 4)];
        var comparison = Compare(a, b);
        Assert.False(comparison.AreEqual);
        Assert.Equal(["log_prob.image", "log_prob.visionless:blur", "vig.visionless:blur"], comparison.Scores.Select(s => s.Name));
        var image = comparison.Scores[0];
        Assert.Equal((6, 2, 2, 2), (image.Tokens, image.Different, image.Beyond, image.Samples));
        Assert.Equal((1.0, 1.5 / 6, -0.5 / 6), (image.Largest, image.MeanAbsolute, image.Mean));
        Assert.Equal(0.5 / 3, image.LargestSample, 12);
        Assert.Equal((0.5 + 1) / 2, image.TokenRank, 12); // [3 2 1] and [3 1 2]; the second sample's agree
        Assert.Equal([(0, 1, -2.0, -3.0), (0, 2, -3.0, -2.5)], image.Parting.Select(p => (p.Key.Record, p.Target, p.A, p.B)));
        Assert.Equal(0, comparison.Scores[1].Different);
        Assert.Equal(1.0, comparison.Scores[2].Largest);
        Assert.Contains("data.json#0 target 1 (id 11): -2 and -3", string.Join('\n', comparison.Lines()), StringComparison.Ordinal);
        Assert.Equal(2L, (long)comparison.ToJson()["scores"]!["log_prob.image"]!["different"]!);
        Assert.True(Compare(a, a).AreEqual);
    }

    [Fact]
    public void What_one_store_alone_holds_is_said()
    {
        var cut = ScoreRows.Scored(0, [-1f, -2f, float.NaN], [-1f, -2f, float.NaN]);
        var comparison = Compare([ScoreRows.Scored(0, [-1f, -2f, -3f], [-1f, -2f, -3f]), ScoreRows.Invalid(1, "image_cut: x")],
            [cut with { LogProbs = new Dictionary<string, float[]> { [Conditions.Image] = cut.LogProbs[Conditions.Image] } }, ScoreRows.Scored(1, [-1f, -2f], [-1f, -2f])]);
        Assert.Equal(["visionless:blur"], comparison.OnlyInA);
        Assert.Equal((1L, 1), (comparison.Scores[0].ScoredInOne, comparison.ScoredInOne.Count));
        Assert.Empty(comparison.OnlyInB);
        Assert.False(comparison.AreEqual);
    }

    [Fact]
    public void Stores_of_other_samples_texts_or_images_are_refused_by_sample()
    {
        var row = ScoreRows.Scored(4, [-1f], [-1f]);
        foreach (var (other, says) in new[]
        {
            (row with { TextFingerprint = "x" }, "text fingerprint"), (row with { ContextFingerprint = "x" }, "context fingerprint"),
            (row with { ConversationFingerprint = "x" }, "conversation fingerprint"), (row with { ImageHash = "x" }, "image hash"),
            (ScoreRows.Scored(5, [-1f], [-1f]), "got data.json#5"),
        })
        {
            var error = Assert.Throws<InvalidInputException>(() => Compare([row], [other]));
            Assert.Equal(("data.json", 4), (error.File, error.Record));
            Assert.Contains(says, error.Message, StringComparison.Ordinal);
        }

        TokenScores[] two = [row, ScoreRows.Scored(6, [-1f], [-1f])];
        Assert.Equal(6, Assert.Throws<InvalidInputException>(() => Compare(two, [row])).Record);
        Assert.Equal(6, Assert.Throws<InvalidInputException>(() => Compare([row], two)).Record);
    }

    [Theory]
    [InlineData(1.0, new[] { 1.0, 2, 3 }, new[] { 10.0, 20, 30 })]
    [InlineData(-1.0, new[] { 1.0, 2, 3 }, new[] { 3.0, 2, 1 })]
    [InlineData(0.9486832980505138, new[] { 1.0, 2, 2, 3 }, new[] { 1.0, 2, 3, 4 })] // 4.5 / sqrt(4.5 * 5): ties share their mean rank
    [InlineData(double.NaN, new[] { 1.0, 1 }, new[] { 1.0, 2 })]
    public void Spearmans_rho_is_that_of_mean_ranks(double expected, double[] a, double[] b) => Assert.Equal(expected, RankCorrelation.Spearman(a, b), 12);

    private StoreComparison Compare(TokenScores[] a, TokenScores[] b)
    {
        string[] names = [Guid.NewGuid().ToString(), Guid.NewGuid().ToString()];
        foreach (var (name, rows) in names.Zip([a, b]))
        {
            using var writer = ScoreStoreWriter.Open(_folder.File(name), ScoreRows.Provenance);
            writer.WriteShard(0, rows);
            writer.Complete();
        }

        return StoreComparison.Of(ScoreStoreReader.Open(_folder.File(names[0])), ScoreStoreReader.Open(_folder.File(names[1])), 5, TestContext.Current.CancellationToken);
    }
}
