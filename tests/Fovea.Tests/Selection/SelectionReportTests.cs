using Fovea.Core.Errors;
using Fovea.Core.Scores;
using Fovea.Selection;
using Fovea.Tests.Store;
using Xunit;

namespace Fovea.Tests.Selection;

public sealed class SelectionReportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Priors_weights_are_counted_as_training_uses_them()
    {
        // 1 - p: 0.5 and 0.25, then 1 and 0; scaled to two targets each: 4/3 and 2/3, 2 and 0. The text-only sample has three ones.
        var half = MathF.Log(0.5f);
        TokenScores[] rows = [Prior(0, half, MathF.Log(0.75f)), Prior(1, -1e9f, 0), ScoreRows.TextOnly(2, 3), ScoreRows.Invalid(3, "image_cut")];
        var report = new PriorSelector().Count(rows);
        Assert.Equal(1.75 / 4, report.MeanWeight!.Value, 6);
        Assert.Equal(2, report.LargestWeight!.Value, 6);
        Assert.Equal(7 * 7 / ((16.0 / 9) + (4.0 / 9) + 4 + 3), report.EffectiveTokens!.Value, 5);
        Assert.Equal((4, 2, 0, 1, 1, 7L), (report.Samples, report.Kept, report.Dropped, report.TextOnly, report.Invalid, report.Targets));
        Assert.Equal((4L, 3L), (report.VisualTargets, report.SupervisedVisualTokens));
        Assert.Equal(report.Samples, report.Kept + report.Dropped + report.TextOnly + report.Invalid);
        Assert.Contains("effective_tokens", report.Fields().Keys);
        Assert.Empty(report.Warnings);
    }

    [Fact]
    public void Masks_have_no_statistics_of_weights()
    {
        var report = new VigSelector(new VigOptions { Percent = 100 }).Count([ScoreRows.Scored(0, [-1f, -1f], [-2f, -1.5f])]);
        Assert.Null(report.MeanWeight);
        Assert.Null(report.EffectiveTokens);
    }

    [Theory]
    [InlineData(-1f, -2f, false)]
    [InlineData(-2f, -2f, true)]
    [InlineData(-2f, -1f, true)]
    public void A_threshold_that_is_not_above_zero_is_warned_of(float image, float blind, bool warned)
    {
        var warnings = new VigSelector(new VigOptions { Percent = 100 }).Count([ScoreRows.Scored(0, [image, image], [blind, blind])]).Warnings;
        Assert.Equal(warned, warnings.Any(w => w.Contains("not above zero", StringComparison.Ordinal)));
        Assert.True(warnings.Count <= 1);
    }

    [Fact]
    public void Weights_that_leave_text_only_samples_alone_are_refused_and_not_written()
    {
        TokenScores[] rows = [ScoreRows.Scored(0, [-1f, -1f], [-2f, -1.5f]), ScoreRows.TextOnly(1, 3)];
        var path = _folder.File("w.parquet");
        var selector = new VigSelector(new VigOptions { Percent = 100, TokenTau = 1e9, StrictPaper = true });
        Assert.Contains("none of the 2 targets", Assert.Throws<FoveaException>(() => selector.WriteWeights(rows, path)).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
        Assert.Equal(3, new UniformSelector().WriteWeights([rows[1]], path).SupervisedTokens);
    }

    [Fact]
    public void Next_to_no_visual_target_is_warned_of()
    {
        var image = Enumerable.Repeat(-1f, 3000).ToArray();
        var rows = new[] { ScoreRows.Scored(0, image, [-9f, .. image[1..]]) };
        Assert.Contains("only 2 of 3000", Assert.Single(new VigSelector(new VigOptions { Percent = 100, TokenTau = 1 }).Count(rows).Warnings),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_carry_the_conversation_that_the_scores_of_their_method_saw()
    {
        TokenScores[] rows = [Prior(0, -1f, -1f), ScoreRows.TextOnly(1, 3)];
        Assert.Equal(["conversation0", null], new PriorSelector().Apply(rows).Weights.Select(w => w.ConversationFingerprint));
        Assert.All(new UniformSelector().Apply(rows).Weights, w => Assert.Null(w.ConversationFingerprint));
    }

    private static TokenScores Prior(int record, params float[] logProbs) => ScoreRows.Scored(record, logProbs, logProbs) with
    {
        LogProbs = new Dictionary<string, float[]> { [Conditions.TextOnlyReference] = logProbs },
    };
}
