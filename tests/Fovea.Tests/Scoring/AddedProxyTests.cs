using Fovea.Core.Errors;
using Fovea.Core.Watching;
using Fovea.Models;
using Fovea.Models.Targets;
using Fovea.Scoring;
using Fovea.Store;
using Fovea.Tests.Foundations;
using Fovea.Tests.Store;
using Xunit;

namespace Fovea.Tests.Scoring;

/// <summary>A proxy is added to a store without scoring again what it has, and the store is then the one that had both from the start.</summary>
public sealed class AddedProxyTests : IDisposable
{
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
    public void Only_the_new_condition_is_computed_and_every_byte_is_that_of_scoring_both_at_once()
    {
        var (one, two) = (Score("grown", "black"), Score("whole", "black", "noise"));
        Assert.Equal(two - one, Score("grown", "black", "noise"));
        Assert.Equal(Bytes("whole"), Bytes("grown"));
        Assert.Equal(0, Score("grown", "black", "noise"));
    }

    [Fact]
    public void Wherever_the_process_dies_the_same_command_completes_the_store()
    {
        Score("whole", "black", "noise");
        for (var moves = 0; ; moves++)
        {
            var name = $"killed{moves}";
            Score(name, "black");
            try
            {
                Score(name, ["black", "noise"], new FaultyFiles { MovesBeforeCrash = moves });
                Assert.True(moves > 6);
                break;
            }
            catch (FaultyFiles.Crash)
            {
                Assert.Equal(moves == 0, File.ReadAllText(_folder.File(name + "/manifest.json")).Contains("\"complete\": true", StringComparison.Ordinal));
            }

            Score(name, "black", "noise");
            Assert.Equal(Bytes("whole"), Bytes(name));
        }
    }

    [Fact]
    public void A_proxy_is_not_taken_away()
    {
        Score("grown", "black", "noise");
        Assert.Contains("proxies = black,noise", Assert.Throws<FoveaException>(() => Score("grown", "black")).Message, StringComparison.Ordinal);
    }

    /// <summary>Scores, and says how many batches were computed.</summary>
    private int Score(string name, params string[] proxies) => Score(name, proxies, null);

    private int Score(string name, string[] proxies, FaultyFiles? disk)
    {
        var batches = 0;
        var options = Small with
        {
            Compute = (model, batch) =>
            {
                batches++;
                return TargetLogProbs.Scores(model, batch);
            },
        };
        var scorer = new VigScorer(_model, _corpus.Loader, TinyCorpus.Proxies(proxies), options);
        using var store = ScoreStoreWriter.Open(_folder.File(name),
            new Dictionary<string, string>(ScoreRows.Provenance) { ["proxies"] = string.Join(',', proxies) }, disk);
        scorer.Score(_corpus.Source, store, new SilentProgress(), TestContext.Current.CancellationToken);
        return batches;
    }

    private List<(string, string)> Bytes(string name) => [.. Directory.GetFiles(_folder.File(name)).Order(StringComparer.Ordinal)
        .Where(f => !f.EndsWith(".lock", StringComparison.Ordinal)).Select(f => (Path.GetFileName(f), Fovea.Core.Provenance.ContentHash.OfFile(f)))];
}
