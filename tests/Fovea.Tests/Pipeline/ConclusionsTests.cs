using Fovea.Pipeline.Findings;
using Fovea.Pipeline.Reports;
using Fovea.Reporting.Documents;
using Xunit;

namespace Fovea.Tests.Pipeline;

/// <summary>Sentences say what the tables say, the unwelcome too.</summary>
public sealed class ConclusionsTests
{
    private static StudyDesign Photographs => new("run", [1], [StudyDesign.H]) { NumTrain = 87, NumHeldOut = 20 };

    private static StudyDesign Scenes => new("run", [1], [StudyDesign.H]) { Bias = 0.3, NumTrain = 1, NumHeldOut = 1 };

    [Fact]
    public void Proxies_that_contradict_each_other_are_said_to_and_the_model_does_not_see()
    {
        var found = PhotographConclusions.Of(Photographs, [HeldOut(new(Value: 0.0001, Low: -0.002, High: 0.002), new(Value: -0.010, Low: -0.013, High: -0.007)),
            Gain(new(Value: 0.160, Low: 0.101, High: 0.228))]);
        Assert.StartsWith("The H model does not see yet", found.Warning, StringComparison.Ordinal);
        Assert.Contains(found.Sentences, s => s.Contains("0.010 nats per token worse than no image [−0.013, −0.007]", StringComparison.Ordinal));
        var contradiction = Assert.Single(found.Sentences, s => s.Contains("contradict", StringComparison.Ordinal));
        Assert.Contains("above zero against blur, sigma 7.5", contradiction, StringComparison.Ordinal);
        Assert.Contains("below zero against no image", contradiction, StringComparison.Ordinal);
        Assert.Contains("not above zero against another photograph's image", contradiction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_that_looks_gets_no_warning_and_no_contradiction()
    {
        var found = PhotographConclusions.Of(Photographs, [HeldOut(new(Value: 0.029, Low: 0.007, High: 0.052), new(Value: 0.1, Low: 0.05, High: 0.2)),
            Gain(new(Value: 0.16, Low: 0.101, High: 0.228))]);
        Assert.Null(found.Warning);
        Assert.DoesNotContain(found.Sentences, s => s.Contains("contradict", StringComparison.Ordinal));
        Assert.Contains(found.Sentences,
            s => s.Contains("0.029 nats per token better than another photograph's image [0.007, 0.052]", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0.569, 0.24, 0.35, false)]
    [InlineData(0.42, 0.9, 0.9, false)]
    [InlineData(0.05, 0.9, 0.40, false)]
    [InlineData(0.05, 0.9, 0.9, true)]
    public void A_model_sees_that_names_what_is_there_and_invents_little(double invented, double colour, double shape, bool sees)
    {
        var found = SceneConclusions.Of(Scenes, Captions(invented, colour, shape, new FindingCell(Value: 0.5)));
        Assert.Equal(sees, found.Warning is null);
        Assert.Equal(sees, found.Sentences.Any(s => s.StartsWith("The H model (vision tower, projector and decoder) sees", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_model_whose_captions_name_nothing_does_not_see()
    {
        var tables = Captions(0.05, 0.9, 0.9, new FindingCell(Value: 0.5));
        tables[0] = tables[0] with { Rows = [new("ntp", "NTP", [new FindingCell(), new FindingCell(Value: 0)])] };
        Assert.Contains("its captions name no object", SceneConclusions.Of(Scenes, tables).Warning!, StringComparison.Ordinal);
    }

    [Fact]
    public void What_prior_changed_is_said_with_its_intervals()
    {
        FindingCell Changed(double d, double low, double high, Tone verdict) =>
            new(Value: 0.3, Difference: d, DifferenceLow: low, DifferenceHigh: high, Verdict: verdict);
        var found = SceneConclusions.Of(Scenes, Captions(0.05, 0.9, 0.9, Changed(-0.135, -0.242, -0.032, Tone.Worse)));
        Assert.Contains("PRIOR against plain next-token prediction in pre-training, H model: worse in recall (−13.5 points [−24.2, −3.2]); no clear difference "
            + "in CHAIR_i.", found.Sentences);
        var same = SceneConclusions.Of(Scenes, Captions(0.05, 0.9, 0.9, Changed(0, 0, 0, Tone.Neutral)));
        Assert.Contains(same.Sentences, s => s.EndsWith(": no clear difference in CHAIR_i (+1.0 points [−2.0, +4.0]) and recall.", StringComparison.Ordinal));
    }

    [Fact]
    public void A_score_that_ranks_noise_first_is_not_praised_alone()
    {
        var auc = new FindingTable("token_auc", "AUC", "",
            [new("auc", "grounded against others", HigherIsBetter: true), new("auc_noise", "grounded against noise", HigherIsBetter: true)],
        [
            new("p", "1 - p_ref (PRIOR)", [new FindingCell(Value: 0.92, Low: 0.91, High: 0.93), new FindingCell(Value: 0.08, Low: 0.06, High: 0.1)]),
            new("v", "VIG against no image", [new FindingCell(Value: 0.64, Low: 0.6, High: 0.68), new FindingCell(Value: 0.52, Low: 0.47, High: 0.57)]),
        ]);
        var found = SceneConclusions.Of(Scenes, [.. Captions(0.5, 0.2, 0.2, new FindingCell(Value: 0.3)), auc]);
        Assert.Contains(found.Sentences,
            s => s.StartsWith("No score finds the words that need the image; the nearest is VIG against no image", StringComparison.Ordinal));
        Assert.Contains(found.Sentences, s => s.Contains("ranks irreducible noise above", StringComparison.Ordinal));
        Assert.Contains(found.Sentences,
            s => s.Contains("the interval holds 0.5, which is chance. The scoring model does not see yet", StringComparison.Ordinal));
    }

    private static FindingTable HeldOut(FindingCell other, FindingCell none) => new("held_out_h", "", "",
        [new("nll/image", "NLL, right image", HigherIsBetter: false), new("vig/other_image", "right against another's"),
            new("vig/no_image", "right against none")],
        [new("ntp", "NTP", [new FindingCell(Value: 5.327), other, none])]);

    private static FindingTable Gain(FindingCell heldOut) =>
        new("vig_h", "", "", [new("vig", "mean VIG")], [new("train", "train", [new FindingCell(Value: 0.3)]), new("held_out", "held-out", [heldOut])]);

    private static FindingTable[] Captions(double invented, double colour, double shape, FindingCell recall)
    {
        FindingCell Around(double v) => new(Value: v, Low: v - 0.02, High: v + 0.02);
        return
        [
            new("pretrain_h", "", "", [new("chair_i", "CHAIR_i", NumberFormat.Percent, false), new("recall", "recall", NumberFormat.Percent, true)],
                [new("ntp", "NTP", [Around(invented), Around(0.4)]),
                    new("prior", "PRIOR", [Around(invented) with { Difference = 0.01, DifferenceLow = -0.02, DifferenceHigh = 0.04 }, recall])]),
            new("classes_h", "", "", [new("restricted_accuracy/colour", "colour", NumberFormat.Percent),
                new("restricted_accuracy/shape", "shape", NumberFormat.Percent)], [new("ntp", "NTP", [Around(colour), Around(shape)])]),
        ];
    }
}
