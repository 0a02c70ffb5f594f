using Fovea.Core.Errors;
using Fovea.Scoring;
using Fovea.Models.Batching;
using Fovea.Scoring.Proxies;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Scoring;

public sealed class ScoringPiecesTests
{
    [Property]
    public Property Batches_hold_every_sample_once_within_the_budget(byte[] lengths, ushort budget)
    {
        var tokens = Array.ConvertAll(lengths, l => 1 + l);
        var batches = TokenBudget.Plan(tokens, 1 + budget);
        var once = batches.SelectMany(b => b).Order().SequenceEqual(Enumerable.Range(0, tokens.Length));
        var within = batches.All(b => b.Length == 1 || b.Length * b.Max(i => tokens[i]) <= 1 + budget);
        return (once && within).Label($"{batches.Count} batches");
    }

    [Theory]
    [InlineData("blur", "visionless:blur")]
    [InlineData("blur@7.5", "visionless:blur7.5")]
    [InlineData("blur@4", "visionless:blur4")]
    [InlineData("none", "visionless:none")]
    [InlineData("other", "visionless:other")]
    public void A_proxy_is_read_into_its_condition(string text, string condition) => Assert.Equal(condition, VisionlessProxy.Parse(text).Condition);

    [Theory]
    [InlineData("blur@")]
    [InlineData("blur@0")]
    [InlineData("blur@NaN")]
    [InlineData("blur@1e9")]
    [InlineData("grey")]
    [InlineData("Blur")]
    [InlineData("")]
    public void A_proxy_that_is_none_is_refused(string text) => Assert.Throws<UsageException>(() => VisionlessProxy.Parse(text));

    [Theory]
    [InlineData(0, 64, 512)]
    [InlineData(1, 0, 512)]
    [InlineData(1, 64, 513)]
    public void Options_out_of_range_are_refused(int budget, int window, int shard)
    {
        using var reference = TinyCorpus.Text(1);
        Assert.Throws<FoveaException>(() => new PriorScorer(reference,
            new ScoringOptions { TokenBudget = budget, WindowSamples = window, ShardSamples = shard }));
    }
}
