using System.Text.Json;
using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Selection;
using Fovea.Selection.Groups;
using Fovea.Store;
using Fovea.Tests.Store;
using Xunit;

namespace Fovea.Tests.Selection;

/// <summary>Selectors from neighbouring papers: values by hand, and on the end-to-end fixture values computed here a second time, plainly.</summary>
public sealed class NeighbourTests
{
    private const string Blur = "visionless:blur", None = "visionless:none";

    // VIG {2, 0, -1}; the last target is an end token.
    private static readonly TokenScores Three = ScoreRows.Scored(0, [-1f, -1f, -2f], [-3f, -1f, -1f]);

    [Fact]
    public void Soft_vig_is_a_sigmoid_that_nears_the_mask_as_the_temperature_falls()
    {
        // 1 / (1 + e^-2), 1/2, 1 / (1 + e).
        Close([0.880797f, 0.5f, 0.268941f], Weights("vig-soft", Three));
        Close([0.982014f, 0.5f, 0.119203f], Weights("vig-soft", Three, ("temperature", "0.5")));
        Close([1, 0, 0], Weights("vig-soft", r => r with { TokenTau = 0.5, Settings = Set(("temperature", "0.001")) }, Three));
        Assert.Contains("more than 0 nats, got 0", Assert.Throws<UsageException>(() => Weights("vig-soft", Three, ("temperature", "0"))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Image_negative_tokens_weigh_more_and_the_ends_of_the_band_are_within_it()
    {
        Close([1, 1, 2], Weights("image-negative", Three));
        Close([3, 0.5f, 0.5f], Weights("image-negative", Three, ("band", "1"), ("above", "3"), ("within", "0.5"), ("below", "9")));
        Assert.Contains("'below'", Assert.Throws<UsageException>(() => Weights("image-negative", Three, ("below", "-1"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dft_weighs_by_the_probability_and_eaft_by_the_entropy_up_to_that_of_twenty_equal_tokens()
    {
        Close([0.367879f, 0.367879f, 0.135335f], Weights("dft", Three));
        var scored = Three with { Entropy = new Dictionary<string, float[]> { [Conditions.Image] = [0f, 1.4978661f, 6f] } };
        Close([0, 0.5f, 1], Weights("eaft", scored));
        Close([0, 0.25f, 1], Weights("eaft", r => r with { Alpha = 2 }, scored));
        var error = Assert.Throws<InvalidInputException>(() => Weights("eaft", Three));
        Assert.Equal("data.json", error.File);
        Assert.Contains("entropy.image", error.Message, StringComparison.Ordinal);
        Assert.Contains("--entropy", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Vppo_keeps_the_top_share_of_each_sample_by_divergence_with_ties_and_the_end()
    {
        Assert.Equal([0, 1, 1, 0, 1], Weights("vppo", Diverging(0.1f, 0.5f, 0.5f, 0, 0))); // 40 % of 5: two, and the end token
        Assert.Equal([0, 1, 1, 0, 0], Weights("vppo", r => r with { StrictPaper = true }, Diverging(0.1f, 0.5f, 0.5f, 0, 0)));
        Assert.Equal([1, 1, 1, 0, 0], Weights("vppo", r => r with { StrictPaper = true }, Diverging(0.5f, 0.5f, 0.5f, 0, 0))); // ties
        Assert.Equal([0, 1, 0], Weights("vppo", r => r with { StrictPaper = true, Percent = 50 }, Diverging(0.1f, 0.2f, float.NaN))); // 50 % of the 2 scored
        Assert.Contains("--kl", Assert.Throws<InvalidInputException>(() => Weights("vppo", Three)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pgpo_lets_dependent_tokens_gain_and_keeps_the_sum_of_a_samples_weights()
    {
        // Mean 1: the targets of 1 and 3 pass, with 1 + 1 and 1 + 3; the others have 1.
        var row = Diverging(0, 1, 3, 0);
        Close([1, 2, 4, 1], Weights("pgpo", row));
        Close([1, 1, 2.5f, 1], Weights("pgpo", row, ("threshold", "2"), ("beta", "0.5")));
        var selector = Selector("pgpo", r => r, row);
        Assert.Equal(WeightNormalization.TargetCount, selector.Normalization);
        foreach (var kept in new[] { 4, 3, 1 })
        {
            Assert.Equal(kept, WeightNormalizer.Normalize(Weights("pgpo", row), kept, WeightNormalization.TargetCount).Sum(), 1e-5);
        }

        Close([1, 1], Weights("pgpo", Diverging(0, 0)));
    }

    [Fact]
    public void Cal_is_the_clipped_difference_of_logits_averaged_over_neighbours()
    {
        var row = ScoreRows.Scored(0, [-1, -1, -1, -1], [-1, -1, -1, float.NaN]) with
        {
            Logits = new Dictionary<string, float[]> { [Conditions.Image] = [4, 9, 2, 1], [Blur] = [1, 2, 5, float.NaN] },
        };

        // 3, 7, -3 become 3, 5, 1; then (3 + 5) / 2, (3 + 5 + 1) / 3, (5 + 1) / 2.
        Close([4, 3, 3, 0], Weights("cal", row));
        Close([5, 3.333333f, 3.5f, 0], Weights("cal", row, ("least", "0"), ("most", "7")));
        Assert.Contains("--logit", Assert.Throws<InvalidInputException>(() => Weights("cal", Three)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dft")]
    [InlineData("vig-soft")]
    [InlineData("image-negative")]
    public void Text_only_samples_keep_all_their_targets_and_unscored_targets_weigh_nothing(string method)
    {
        var cut = ScoreRows.Scored(1, [-1f, -1f, float.NaN], [-1f, -2f, float.NaN]);
        var result = Selector(method, r => r, Three).Apply([Three, cut, ScoreRows.TextOnly(2, 4), ScoreRows.Invalid(3, "image_cut")]);
        Assert.Equal([SelectionStatus.Kept, SelectionStatus.Kept, SelectionStatus.TextOnly, SelectionStatus.Invalid], result.Weights.Select(w => w.Status));
        Assert.Null(result.Weights[2].Weights);
        Assert.Equal(0, result.Weights[1].Weights![2]);
        Assert.True(result.Weights[1].Weights![1] > 0);
    }

    [Theory]
    [InlineData("dft")]
    [InlineData("vig-soft")]
    [InlineData("image-negative")]
    public void On_the_fixture_every_weight_is_what_a_plain_loop_gives(string method)
    {
        Func<float, float, double> plain = method switch
        {
            "dft" => (image, _) => Math.Exp(image),
            "vig-soft" => (image, blind) => 1 / (1 + Math.Exp(blind - image)),
            _ => (image, blind) => (double)image - blind is var gain && gain > 0.1 ? 1 : gain < -0.1 ? 2 : 1,
        };
        var scores = EndToEnd().ToList();
        var got = Selector(method, r => r, [.. scores]).Apply(scores);
        Assert.Equal(scores.Count, got.Weights.Count);
        foreach (var (row, weights) in scores.Zip(got.Weights).Where(p => p.First.HasImage))
        {
            Close([.. row.LogProbs[Conditions.Image].Zip(row.LogProbs[Blur], (i, b) => (float)plain(i, b))], weights.Weights!);
        }
    }

    [Fact]
    public void Visnec_keeps_the_top_share_of_each_group_with_ties_and_nothing_of_an_empty_group()
    {
        // VIG of the samples: 4, 3, 2, 2, 1 in group a; -1, -2 in b; c has a text-only sample alone.
        TokenScores[] corpus = [.. new[] { 4f, 3, 2, 2, 1, -1, -2 }.Select((gain, r) => ScoreRows.Scored(r, [-5f], [-5f - gain])), ScoreRows.TextOnly(7, 2)];
        var groups = Groups("a", "a", "a", "a", "a", "b", "b", "c");
        var kept = Kept(Selector("visnec", r => r with { Groups = groups, Percent = 60 }, corpus).Apply(corpus));
        Assert.Equal([0, 1, 2, 3, 5, 6], kept); // the ceil(0.6 * 5) = 3rd of a and what equals it; both of b

        var few = Selector("visnec", r => r with { Groups = groups }, corpus).Apply(corpus);
        Assert.Equal([0, 5], Kept(few)); // 15 %: one of each
        Assert.Equal("visnec 3 below 4 of group a", few.Weights[1].Reason);
        Assert.Equal(SelectionStatus.TextOnly, few.Weights[7].Status);
        Assert.Equal(("15", "3", Blur), (few.Metadata["percent"], few.Metadata["num_groups"], few.Metadata["without"]));
        Assert.Contains("give --embeddings", Assert.Throws<UsageException>(() => Selector("visnec", r => r, corpus)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Visnec_compares_with_no_image_where_the_store_has_it()
    {
        var row = Three with { LogProbs = new Dictionary<string, float[]>(Three.LogProbs) { [None] = [-9f, -9f, -9f] } };
        Assert.Contains(None, Selector("visnec", r => r with { Groups = Groups("a") }, row).Conditions);
    }

    [Fact]
    public void A_sample_without_a_number_is_dropped_and_counts_in_no_share()
    {
        TokenScores[] corpus = [.. Enumerable.Range(0, 4).Select(r => ScoreRows.Scored(r, [-1f], [-1f]))];
        var numbers = new SampleNumbers(corpus.Select((s, i) => (s.Key, i == 1 ? double.NaN : i)).ToDictionary(), "scores.csv:score");
        var got = Selector("sample-scores", r => r with { SampleScores = numbers, Percent = 34 }, corpus).Apply(corpus);
        Assert.Equal([2, 3], Kept(got)); // ceil(0.34 * 3) = 2
        Assert.StartsWith("no_score", got.Weights[1].Reason, StringComparison.Ordinal);
        Assert.Equal(2, got.Report.Tau);
        Assert.Contains("--p", Assert.Throws<UsageException>(() => Selector("sample-scores", r => r with { SampleScores = numbers }, corpus)).Message,
            StringComparison.Ordinal);

        var missing = new SampleNumbers(new Dictionary<SampleKey, double> { [corpus[0].Key] = 1 }, "scores.csv:score");
        var error = Assert.Throws<InvalidInputException>(() => Selector("sample-scores", r => r with { SampleScores = missing, Percent = 50 }, corpus).Apply(corpus));
        Assert.Equal(("data.json", 1), (error.File, error.Record));
    }

    [Fact]
    public void A_group_is_asked_of_each_ranked_sample_and_the_first_without_one_is_named()
    {
        TokenScores[] corpus = [Three, ScoreRows.Scored(1, [-1f], [-1f])];
        var error = Assert.Throws<InvalidInputException>(() => Selector("visnec", r => r with { Groups = Groups("a") }, corpus).Apply(corpus));
        Assert.Equal(1, error.Record);
        Assert.Contains("has no group in groups.csv:group", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void On_the_fixture_visnec_is_the_top_share_of_mean_losses_within_groups()
    {
        var scores = EndToEnd().ToList();
        var groups = Groups([.. scores.Select((_, i) => i % 2 == 0 ? "even" : "odd")]);
        var got = Kept(Selector("visnec", r => r with { Groups = groups, Percent = 40 }, [.. scores]).Apply(scores));
        double Gain(TokenScores s) => s.LogProbs[Conditions.Image].Average(x => (double)x) - s.LogProbs[Blur].Average(x => (double)x);
        var expected = scores.Where(s => s.HasImage).GroupBy(s => s.Key.Record % 2)
            .SelectMany(g => g.OrderByDescending(Gain).Take((int)Math.Ceiling(0.4 * g.Count()))).Select(s => s.Key.Record).Order();
        Assert.Equal(expected, got);
    }

    [Theory]
    [InlineData("random-samples")]
    [InlineData("random-lengths")]
    [InlineData("random-tokens")]
    public void Random_controls_match_the_method_that_is_named(string control)
    {
        TokenScores[] corpus = [.. Enumerable.Range(0, 40).Select(r => ScoreRows.Scored(r, [.. Enumerable.Repeat(-1f, 2 + (r % 3))], [.. Enumerable.Range(0, 2 + (r % 3)).Select(t => -1f - ((r * 7 % 11) + t))]))];
        var numbers = new SampleNumbers(corpus.ToDictionary(s => s.Key, s => (double)s.Key.Record), "f:score");
        var method = control == "random-tokens" ? "vig-tokens" : "sample-scores";
        Func<SelectorRequest, SelectorRequest> options = r => r with { SampleScores = numbers, Percent = 25 };
        var matched = Selector(method, options, corpus).Apply(corpus).Report;
        var drawn = Selector(control, r => options(r) with { Like = q => Selectors.BuiltIn.Get(method).Create(q) }, corpus).Apply(corpus);
        Assert.Equal(control == "random-tokens" ? matched.SupervisedTokens : matched.Kept,
            control == "random-tokens" ? drawn.Report.SupervisedTokens : drawn.Report.Kept);
        if (control == "random-lengths")
        {
            Assert.Equal("sample_scores", drawn.Metadata["matched.method"]);
        }
    }

    private static TokenScores Diverging(params float[] divergence) =>
        ScoreRows.Scored(0, [.. divergence.Select(d => float.IsNaN(d) ? d : -1f)], [.. divergence.Select(d => float.IsNaN(d) ? d : -1f)]) with
        {
            Divergence = new Dictionary<string, float[]> { [Blur] = divergence },
        };

    private static GroupAssignment Groups(params string[] names)
    {
        var all = names.Distinct().ToArray();
        return new GroupAssignment(names.Select((n, r) => (new SampleKey("data.json", r), Array.IndexOf(all, n))).ToDictionary(), all, "groups.csv:group");
    }

    private static int[] Kept(SelectionResult result) => [.. result.Weights.Where(w => w.Status == SelectionStatus.Kept).Select(w => w.Key.Record)];

    private static Dictionary<string, string> Set(params (string Key, string Value)[] settings) => settings.ToDictionary();

    private static float[] Weights(string method, TokenScores row, params (string, string)[] settings) => Weights(method, r => r with { Settings = Set(settings) }, row);

    private static float[] Weights(string method, Func<SelectorRequest, SelectorRequest> options, TokenScores row) =>
        Selector(method, options, row).Apply([row]).Weights[0].Weights!;

    private static ISelector Selector(string method, Func<SelectorRequest, SelectorRequest> options, params TokenScores[] corpus) =>
        Selectors.BuiltIn.Get(method).Create(options(new SelectorRequest(new Corpus(corpus))));

    // Weights are float32.
    private static void Close(float[] expected, float[] got)
    {
        Assert.Equal(expected.Length, got.Length);
        Assert.All(expected.Zip(got), p => Assert.Equal(p.First, p.Second, 1e-6f * (1 + p.First)));
    }

    private static IEnumerable<TokenScores> EndToEnd()
    {
        var samples = JsonDocument.Parse(File.ReadAllText(TestData.Find("fixtures/endtoend/llava_v1/case.json"))).RootElement.GetProperty("samples");
        float[] Floats(JsonElement array) => [.. array.EnumerateArray().Select(x => x.GetSingle())];
        return samples.EnumerateArray().Select((s, record) =>
        {
            var scored = s.TryGetProperty("log_prob", out var logProbs);
            int[] ids = [.. s.GetProperty("target_ids").EnumerateArray().Select(x => x.GetInt32())];
            return (scored ? ScoreRows.Scored(record, Floats(logProbs.GetProperty("image")), Floats(logProbs.GetProperty("blur"))) : ScoreRows.TextOnly(record, ids.Length)) with { TargetIds = ids };
        });
    }

    private sealed class Corpus(TokenScores[] rows) : IScoredCorpus
    {
        public IReadOnlyList<string> Conditions => [.. rows.SelectMany(r => r.LogProbs.Keys).Distinct()];

        public IEnumerable<TokenScores> Read(IReadOnlyCollection<string>? conditions) => rows;
    }
}
