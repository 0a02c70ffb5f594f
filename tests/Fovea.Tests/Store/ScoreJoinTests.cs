using Fovea.Core.Errors;
using Fovea.Core.Scores;
using Fovea.Store;
using Xunit;

namespace Fovea.Tests.Store;

public sealed class ScoreJoinTests
{
    [Fact]
    public void Conditions_of_two_stores_come_together_whatever_the_order()
    {
        TokenScores[] vig = [Vig(0), Vig(1), ScoreRows.TextOnly(2, 3), Vig(3)];
        TokenScores[] prior = [Prior(3), Prior(0), Prior(7), Prior(1)];

        var joined = ScoreJoin.Join(vig, prior).ToList();

        Assert.Equal([0, 1, 2, 3], joined.Select(r => r.Key.Record));
        Assert.Empty(joined[2].LogProbs);
        foreach (var row in joined.Where(r => r.HasImage))
        {
            Assert.Equal(3, row.LogProbs.Count);
            Assert.Equal(-row.Key.Record, row.LogProbs[Conditions.TextOnlyReference][0]);
        }
    }

    [Fact]
    public void Only_the_named_conditions_are_taken()
    {
        var joined = ScoreJoin.Join([Vig(0)], [Vig(0) with { LogProbs = Both(0) }], [Conditions.TextOnlyReference]).Single();
        Assert.Equal(3, joined.LogProbs.Count);
    }

    [Fact]
    public void A_condition_in_both_is_an_error() =>
        Assert.Contains("image", Assert.Throws<FoveaException>(() => ScoreJoin.Join([Vig(0)], [Vig(0)]).ToList()).Message, StringComparison.Ordinal);

    [Fact]
    public void Differing_fingerprints_name_the_sample()
    {
        var error = Assert.Throws<InvalidInputException>(() => ScoreJoin.Join([Vig(5)], [Prior(5) with { TextFingerprint = "other" }]).ToList());
        Assert.Equal(5, error.Record);
        Assert.Contains("got other", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_question_that_was_edited_between_two_scorings_names_the_sample()
    {
        var error = Assert.Throws<InvalidInputException>(() => ScoreJoin.Join([Vig(5)], [Prior(5) with { ConversationFingerprint = "edited" }]).ToList());
        Assert.Equal(5, error.Record);
        Assert.Contains("conversation fingerprint", error.Message, StringComparison.Ordinal);
        Assert.Equal("conversation5", ScoreJoin.Join([Vig(5) with { ConversationFingerprint = null }], [Prior(5)]).Single().ConversationFingerprint);
    }

    [Fact]
    public void A_missing_sample_is_named() =>
        Assert.Equal(5, Assert.Throws<InvalidInputException>(() => ScoreJoin.Join([Vig(5)], [Prior(4)]).ToList()).Record);

    [Fact]
    public void A_sample_that_one_scorer_refused_is_invalid_in_the_join()
    {
        var joined = ScoreJoin.Join([Vig(1)], [Prior(1) with { InvalidReason = "no_target", LogProbs = new Dictionary<string, float[]>() }]).Single();
        Assert.Equal("no_target", joined.InvalidReason);
    }

    private static TokenScores Vig(int record) => ScoreRows.Scored(record, [-1f, -2f], [-2f, -2f]);

    private static TokenScores Prior(int record) => Vig(record) with
    {
        ContextFingerprint = null,
        LogProbs = new Dictionary<string, float[]> { [Conditions.TextOnlyReference] = [-record, -1f] },
    };

    private static Dictionary<string, float[]> Both(int record) =>
        Vig(record).LogProbs.Concat(Prior(record).LogProbs).ToDictionary();
}
