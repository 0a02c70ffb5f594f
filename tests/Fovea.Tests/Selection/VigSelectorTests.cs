using Fovea.Core.Errors;
using Fovea.Core.Scores;
using Fovea.Selection;
using Fovea.Tests.Store;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Selection;

public sealed class VigSelectorTests
{
    // Gains: record 0 {2, 0, 1} -> 1; record 1 {0, 0.5, -2} -> -0.5; record 3 {3, 0, 0} -> 1. The last target is the end token.
    private static readonly TokenScores[] Corpus =
    [
        ScoreRows.Scored(0, [-1f, -1f, -1f], [-3f, -1f, -2f]),
        ScoreRows.Scored(1, [-1f, -1f, -3f], [-1f, -1.5f, -1f]),
        ScoreRows.TextOnly(2, 4),
        ScoreRows.Scored(3, [-1f, -1f, -1f], [-4f, -1f, -1f]),
        ScoreRows.Invalid(4, "image_cut"),
    ];

    [Property]
    public Property Sample_vig_is_the_log_ratio_of_perplexities(NonEmptyArray<byte> seen, byte[] blind)
    {
        var image = Array.ConvertAll(seen.Get, b => -b / 16f);
        var proxy = image.Select((_, i) => -(i < blind.Length ? blind[i] : 7) / 16f).ToArray();
        var vig = VisualInformationGain.OfSample(ScoreRows.Scored(0, image, proxy), Conditions.Image, Conditions.Visionless("blur"), out _);
        var expected = Math.Log(Perplexity(proxy) / Perplexity(image));

        // Double precision; perplexities up to e^16 cost a few units in the last place.
        return (Math.Abs(vig - expected) <= 1e-12 * (1 + Math.Abs(expected))).Label($"{vig} against {expected}");
    }

    [Fact]
    public void Samples_and_tokens_share_one_threshold_and_ties_and_end_tokens_stay()
    {
        var selection = Apply(new VigOptions { Percent = 50 });
        Assert.Equal(1.0, selection.Report.Tau);
        Assert.Equal(
            [SelectionStatus.Kept, SelectionStatus.Dropped, SelectionStatus.TextOnly, SelectionStatus.Kept, SelectionStatus.Invalid],
            selection.Weights.Select(w => w.Status));
        Assert.Equal([1f, 0f, 1f], selection.Weights[0].Weights!);
        Assert.Null(selection.Weights[2].Weights);
        Assert.Equal([1f, 0f, 1f], selection.Weights[3].Weights!);
        Assert.Equal("image_cut", selection.Weights[4].Reason);
        Assert.Equal((5, 2, 1, 1, 1), (selection.Report.Samples, selection.Report.Kept, selection.Report.Dropped, selection.Report.TextOnly,
            selection.Report.Invalid));
        Assert.Equal((13, 8), (selection.Report.Targets, selection.Report.SupervisedTokens));
        Assert.Equal("1", selection.Metadata["tau_nats"]);
    }

    [Fact]
    public void A_sample_of_which_nothing_was_scored_has_no_rank_and_moves_no_threshold()
    {
        float[] none = [float.NaN, float.NaN, float.NaN];
        TokenScores[] cut = [.. Corpus, .. Enumerable.Range(5, 7).Select(r => ScoreRows.Scored(r, none, none))];
        var selection = new VigSelector(new VigOptions { Percent = 50 }).Apply(cut);
        Assert.Equal(1.0, selection.Report.Tau);
        Assert.Equal((2, 8), (selection.Report.Kept, selection.Report.Dropped));
        Assert.StartsWith("no_scored_target", selection.Weights[5].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void The_strict_paper_masks_end_tokens_too() =>
        Assert.Equal([1f, 0f, 0f], Apply(new VigOptions { Percent = 50, StrictPaper = true }).Weights[3].Weights!);

    [Fact]
    public void Sample_scope_keeps_all_tokens_of_kept_samples()
    {
        var selection = Apply(new VigOptions { Percent = 50, Scope = VigScope.SampleOnly });
        Assert.Equal(SelectionStatus.Dropped, selection.Weights[1].Status);
        Assert.Null(selection.Weights[0].Weights);
        Assert.Equal(10, selection.Report.SupervisedTokens);
    }

    [Fact]
    public void Token_scope_keeps_all_samples_and_masks_by_the_same_threshold()
    {
        var selection = Apply(new VigOptions { Percent = 50, Scope = VigScope.TokenOnly });
        Assert.Equal(1.0, selection.Report.Tau);
        Assert.Equal(0, selection.Report.Dropped);
        Assert.Equal([0f, 0f, 1f], selection.Weights[1].Weights!);
    }

    [Fact]
    public void Targets_that_were_cut_off_count_neither_in_the_mean_nor_in_the_loss()
    {
        var cut = ScoreRows.Scored(0, [-1f, -1f, -1f, float.NaN], [-3f, -2f, float.NaN, float.NaN]);
        var selection = new VigSelector(new VigOptions { Percent = 100 }).Apply([cut]);
        Assert.Equal(1.5, selection.Report.Tau);
        Assert.Equal([1f, 0f, 0f, 1f], selection.Weights[0].Weights!);
    }

    [Fact]
    public void A_missing_condition_names_sample_and_condition()
    {
        var error = Assert.Throws<InvalidInputException>(() => Apply(new VigOptions { Without = Conditions.TextOnlyReference }));
        Assert.Equal(0, error.Record);
        Assert.Contains("text_only_reference", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_alone_has_no_threshold_and_keeps_all()
    {
        var selection = new VigSelector(new VigOptions()).Apply([ScoreRows.TextOnly(0, 3)]);
        Assert.Null(selection.Report.Tau);
        Assert.Equal(1.0, selection.Report.Share);
    }

    private static double Perplexity(float[] logProbs) => Math.Exp(-logProbs.Average(x => (double)x));

    private static SelectionResult Apply(VigOptions options) => new VigSelector(options).Apply(Corpus);
}
