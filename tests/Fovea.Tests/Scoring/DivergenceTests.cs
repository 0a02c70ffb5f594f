using Fovea.Core.Scores;
using Fovea.Core.Watching;
using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Models.Targets;
using Fovea.Scoring;
using Fovea.Store;
using Fovea.Tests.Store;
using TorchSharp;
using Xunit;

namespace Fovea.Tests.Scoring;

/// <summary>How far the prediction without the image is from that with it, from the logits of one pass.</summary>
public sealed class DivergenceTests : IDisposable
{
    private static readonly string[] Proxies = ["black", "none", "other"];
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
    public void It_is_the_divergence_of_both_predictions_in_double_precision()
    {
        foreach (var row in Score("kl", Small with { Kl = true }, Proxies).Where(r => r.HasImage))
        {
            var sample = _corpus.Tokenized[row.Key.Record];
            var image = LogSoftmax(SampleExpander.Expand(_model, sample, _corpus.Loader.Normalized(sample)));
            var none = LogSoftmax(SampleExpander.Expand(_model, sample, [], withoutImages: true));
            Assert.Equal(["visionless:black", "visionless:none", "visionless:other"], row.Divergence.Keys.Order(StringComparer.Ordinal));
            for (var t = 0; t < row.TargetIds.Length; t++)
            {
                Assert.Equal(image[t].Zip(none[t], (p, q) => Math.Exp(p) * (p - q)).Sum(), row.Divergence["visionless:none"][t], 1e-5);
            }
        }
    }

    [Fact]
    public void Neither_it_nor_raw_logits_change_a_log_probability()
    {
        var plain = Score("plain", Small, Proxies);
        var rows = Score("both", Small with { Kl = true, Logit = true }, Proxies);
        Assert.Equal(plain.Count, rows.Count);
        foreach (var (expected, row) in plain.Zip(rows))
        {
            Assert.Equal(expected.LogProbs.Keys.Order(StringComparer.Ordinal), row.LogProbs.Keys.Order(StringComparer.Ordinal));
            Assert.All(expected.LogProbs, c => Assert.All(c.Value.Zip(row.LogProbs[c.Key]), p => Assert.Equal(p.First, p.Second, 1e-5 + (1e-6 * Math.Abs(p.First)))));
            Assert.Equal(row.LogProbs.Keys.Order(StringComparer.Ordinal), row.Logits.Keys.Order(StringComparer.Ordinal));
            Assert.Empty(expected.Logits);
            Assert.Empty(expected.Divergence);
        }

        // A raw logit less its log-probability is the logarithm of the sum over the vocabulary.
        var first = rows.First(r => r.HasImage);
        var all = Logits(SampleExpander.Expand(_model, _corpus.Tokenized[first.Key.Record], [], withoutImages: true));
        for (var t = 0; t < first.TargetIds.Length; t++)
        {
            Assert.Equal(all[t][first.TargetIds[t]], first.Logits["visionless:none"][t], 1e-5);
        }
    }

    [Fact]
    public void A_proxy_that_is_added_later_ends_in_the_same_bytes()
    {
        Score("whole", Small with { Kl = true }, "black", "none");
        Score("grown", Small with { Kl = true }, "black");
        Score("grown", Small with { Kl = true }, "black", "none");
        foreach (var file in Directory.GetFiles(_folder.File("whole"), "shard-*"))
        {
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(_folder.File("grown"), Path.GetFileName(file))));
        }
    }

    [Fact]
    public void Where_a_length_limit_cut_one_of_the_two_there_is_none()
    {
        // An image takes tokens that "none" has not: the limit cuts more targets with it.
        var rows = Score("cut", Small with { Kl = true, MaxLength = _model.ImageTokenIds(TinyCorpus.Side, TinyCorpus.Side).Length + 13, MaxInvalid = 22 }, "none").Where(r => r.LogProbs.Count > 0).ToList();
        Assert.Contains(rows, r => ScoredTargets.Count(r.LogProbs["image"]) < ScoredTargets.Count(r.LogProbs["visionless:none"]));
        Assert.All(rows, r => Assert.Equal(Math.Min(ScoredTargets.Count(r.LogProbs["image"]), ScoredTargets.Count(r.LogProbs["visionless:none"])),
            ScoredTargets.Count(r.Divergence["visionless:none"])));
    }

    private List<TokenScores> Score(string name, ScoringOptions options, params string[] proxies)
    {
        using (var store = ScoreStoreWriter.Open(_folder.File(name),
            new Dictionary<string, string>(ScoreRows.Provenance) { ["proxies"] = string.Join(',', proxies) }))
        {
            new VigScorer(_model, _corpus.Loader, TinyCorpus.Proxies(proxies), options)
                .Score(_corpus.Source, store, new SilentProgress(), TestContext.Current.CancellationToken);
        }

        return [.. ScoreStoreReader.Open(_folder.File(name)).Read()];
    }

    private double[][] LogSoftmax(ExpandedSample sample) => Array.ConvertAll(Logits(sample), row =>
    {
        var top = row.Max();
        var sum = row.Sum(x => Math.Exp(x - top));
        return Array.ConvertAll(row, x => x - top - Math.Log(sum));
    });

    private double[][] Logits(ExpandedSample sample)
    {
        double[][] rows = [];
        TargetLogProbs.Scores(_model, [sample], read: (logits, _) =>
        {
            var flat = logits.to(torch.ScalarType.Float64).data<double>().ToArray();
            rows = [.. flat.Chunk((int)logits.shape[1])];
        });
        return rows;
    }
}
