using Fovea.Core.Errors;
using Fovea.Core.Scores;
using Fovea.Selection;
using Fovea.Tests.Store;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Selection;

public sealed class RandomSelectorTests
{
    [Property(MaxTest = 50)]
    public Property Random_tokens_match_any_token_share_exactly(NonEmptyArray<byte> lengths, long seed, ushort pick)
    {
        var corpus = lengths.Get.Select((l, i) => i % 5 == 4 ? ScoreRows.TextOnly(i, 1 + (l % 9)) : Sample(i, 1 + (l % 9))).ToArray();
        var always = corpus.Sum(s => s.HasImage ? 1 : s.TargetIds.Length);
        var all = corpus.Sum(s => s.TargetIds.Length);
        var wanted = always + (pick % (all - always + 1));
        var selection = new RandomTokenSelector(seed, wanted).Apply(corpus);
        var ends = selection.Weights.Where(w => w.Weights is not null).All(w => w.Weights![^1] == 1);
        return (selection.Report.SupervisedTokens == wanted && ends).Label($"{selection.Report.SupervisedTokens} of {wanted}");
    }

    [Fact]
    public void Draws_depend_on_seed_and_sample_and_not_on_the_order()
    {
        TokenScores[] corpus = [.. Enumerable.Range(0, 40).Select(i => Sample(i, 6))];
        var one = Masks(new RandomTokenSelector(1, 100).Apply(corpus));
        Assert.Equal(one, Masks(new RandomTokenSelector(1, 100).Apply([.. corpus.Reverse()])));
        Assert.NotEqual(one, Masks(new RandomTokenSelector(2, 100).Apply(corpus)));
    }

    [Fact]
    public void Draws_are_spread_evenly_over_positions()
    {
        TokenScores[] corpus = [.. Enumerable.Range(0, 2000).Select(i => Sample(i, 5))];
        var selection = new RandomTokenSelector(3, 2000 + 4000).Apply(corpus);
        for (var t = 0; t < 4; t++)
        {
            // Half of 2000 with a standard deviation of 22: six of them.
            Assert.InRange(selection.Weights.Sum(w => w.Weights![t]), 866f, 1134f);
        }
    }

    [Fact]
    public void A_share_that_end_and_text_only_tokens_exceed_is_refused()
    {
        TokenScores[] corpus = [Sample(0, 3), ScoreRows.TextOnly(1, 4)];
        Assert.Contains("expected 5", Assert.Throws<UsageException>(() => new RandomTokenSelector(0, 4).Apply(corpus)).Message, StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => new RandomTokenSelector(0, 8).Apply(corpus));
    }

    [Property(MaxTest = 50)]
    public Property Random_samples_match_any_number_exactly(byte count, long seed, byte pick)
    {
        TokenScores[] corpus = [.. Enumerable.Range(0, count).Select(i => Sample(i, 2)), ScoreRows.TextOnly(count, 3)];
        var wanted = pick % (count + 1);
        var report = new RandomSampleSelector(seed, wanted).Apply(corpus).Report;
        return (report.Kept == wanted && report.Dropped == count - wanted && report.TextOnly == 1).Label($"{report.Kept} of {wanted}");
    }

    [Fact]
    public void Length_matched_samples_are_as_many_and_as_long_as_those_of_VIG()
    {
        // VIG rises with the length, so that VIG keeps the longest; 3 to 9 targets, each length 30 times.
        TokenScores[] corpus =
        [
            .. Enumerable.Range(0, 210).Select(i => ScoreRows.Scored(i, Enumerable.Repeat((float)-i % 11, 3 + (i % 7)).ToArray(), new float[3 + (i % 7)])),
            ScoreRows.TextOnly(210, 4),
        ];
        var vig = new VigSelector(new VigOptions { Percent = 40 });
        SortedDictionary<int, int> Lengths(SelectionResult result) => new(result.Weights.Where(w => w.Status == SelectionStatus.Kept && w.Key.Record < 210)
            .GroupBy(w => corpus[w.Key.Record].TargetIds.Length).ToDictionary(g => g.Key, g => g.Count()));
        var (chosen, drawn, other) = (vig.Apply(corpus), new LengthMatchedSelector(1, vig).Apply(corpus), new LengthMatchedSelector(2, vig).Apply(corpus));
        Assert.Equal(Lengths(chosen), Lengths(drawn));
        Assert.Equal(Lengths(chosen), Lengths(other));
        int[] Kept(SelectionResult result) => [.. result.Weights.Where(w => w.Status == SelectionStatus.Kept).Select(w => w.Key.Record)];
        Assert.NotEqual(Kept(chosen), Kept(drawn));
        Assert.NotEqual(Kept(other), Kept(drawn));
        Assert.Equal(1, drawn.Report.TextOnly);
        Assert.All(drawn.Weights, w => Assert.Null(w.Weights));
    }

    [Fact]
    public void Uniform_keeps_everything()
    {
        var selection = new UniformSelector().Apply([Sample(0, 3), ScoreRows.TextOnly(1, 4), ScoreRows.Invalid(2, "no_target")]);
        Assert.Equal(7, selection.Report.SupervisedTokens);
        Assert.All(selection.Weights, w => Assert.Null(w.Weights));
        Assert.Equal(SelectionStatus.Invalid, selection.Weights[2].Status);
    }

    private static TokenScores Sample(int record, int targets) => ScoreRows.Scored(record, new float[targets], new float[targets]);

    private static IEnumerable<string> Masks(SelectionResult selection) =>
        selection.Weights.OrderBy(w => w.Key.Record).Select(w => string.Concat(w.Weights!));
}
