using Fovea.Core.Scores;
using Fovea.Pipeline.Scores;
using Fovea.Selection;
using Fovea.Store;
using Fovea.Tests.Store;
using Xunit;

namespace Fovea.Tests.Pipeline;

public sealed class SelectionExplanationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Each_token_is_shown_with_its_numbers_its_weight_and_its_fate()
    {
        TokenScores[] corpus =
        [
            ScoreRows.TextOnly(0, 2),
            ScoreRows.Scored(1, [-1f, -1f], [-1f, -1f]),
            ScoreRows.Scored(2, [-1f, -1f, -1f], [-3f, -0.5f, -2f]) with
            {
                Divergence = new Dictionary<string, float[]> { ["visionless:blur"] = [0.25f, 0.5f, 0.125f] },
            },
            ScoreRows.Scored(3, [-1f, float.NaN], [-4f, float.NaN], ends: []),
        ];
        var lines = Explain(corpus, 3);
        Assert.Equal("data.json#1  dropped: vig 0 below tau 0.8333333333333334", lines[0]);
        Assert.EndsWith("dropped", lines[2], StringComparison.Ordinal);
        Assert.Equal("data.json#2 id2  kept", lines[5]);
        Assert.Equal("position token_id token VIG blur log p image log p blur KL blur weight fate", Words(lines[6]));
        Assert.Equal("0 12 't12' +2.0000 -1.0000 -3.0000 0.2500 1.0000 loss", Words(lines[7]));
        Assert.Equal("1 13 't13' -0.5000 -1.0000 -0.5000 0.5000 0.0000 no loss", Words(lines[8]));
        Assert.Equal("2 14 't14' +1.0000 -1.0000 -2.0000 0.1250 1.0000 loss (end of an answer)", Words(lines[9]));
        Assert.EndsWith("0.0000 no loss: not scored", Words(lines[14]), StringComparison.Ordinal);
        Assert.Equal(16, lines.Count);
        Assert.Equal(11, Explain(corpus, 1).Count + 5); // the first that was kept, alone
    }

    private List<string> Explain(TokenScores[] corpus, int count)
    {
        var (store, weights) = (_folder.File("store"), _folder.File("weights.parquet"));
        if (!Directory.Exists(store))
        {
            using var writer = ScoreStoreWriter.Open(store, ScoreRows.Provenance);
            writer.WriteTokens([.. Enumerable.Range(0, 40).Select(i => $"t{i}")]);
            writer.WriteShard(0, corpus);
            writer.Complete();
            new VigSelector(new VigOptions { Percent = 60 }).WriteWeights(corpus, weights);
        }

        return [.. new SelectionExplanation([store], new JoinedStores([store], null), WeightsFile.Read(weights)).Lines(count)];
    }

    private static string Words(string line) => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
