using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Evaluation.Captions;
using Xunit;

namespace Fovea.Tests.Evaluation;

public sealed class WordTests
{
    private static (Sample, TokenizedSample) Tokenized(string answer, params (int Start, int End)[] spans)
    {
        var key = new SampleKey("a.json", 0);
        var sample = new Sample(key, null, [], [new Turn(Role.Human, "?"), new Turn(Role.Assistant, answer)]);
        return (sample, new TokenizedSample
        {
            Key = key,
            InputIds = new int[spans.Length],
            TargetIndices = [.. Enumerable.Range(0, spans.Length)],
            EndTargets = [],
            TargetSpans = [.. spans.Select(s => new TargetSpan(1, s.Start, s.End))],
            Images = [],
            TextFingerprint = "",
            ContextFingerprint = "",
        });
    }

    private static TokenScores Scores(params (string Condition, float[] LogProbs)[] logProbs) => new()
    {
        Key = new SampleKey("a.json", 0),
        TextFingerprint = "",
        HasImage = true,
        TargetIds = new int[logProbs.Length == 0 ? 0 : logProbs[0].LogProbs.Length],
        EndTargets = [],
        LogProbs = logProbs.ToDictionary(p => p.Condition, p => p.LogProbs),
    };

    [Fact]
    public void Tokens_merge_at_blanks_and_punctuation_stands_alone()
    {
        //                    0         1
        //                    0123456789012345678
        var (sample, tokens) = Tokenized("A Red-dish cat isn't.", (0, 1), (1, 4), (4, 7), (7, 10), (10, 14), (14, 17), (17, 18), (18, 20), (20, 21), (0, 0));
        var words = WordMerger.Merge(sample, tokens);
        Assert.Equal(["a", "red-dish", "cat", "isn't", "."], words.Select(w => w.Type));
        Assert.Equal([1, 2, 3], words[1].Targets);
        Assert.Equal([5, 6, 7], words[3].Targets.Select(t => t));
        Assert.Equal((2, 10), (words[1].Start, words[1].End));
    }

    [Fact]
    public void A_token_that_spells_a_word_and_its_full_stop_is_that_word()
    {
        var (sample, tokens) = Tokenized("(blue sky).", (0, 1), (1, 5), (5, 11));
        Assert.Equal(["(", "blue", "sky"], WordMerger.Merge(sample, tokens).Select(w => w.Type));
    }

    [Fact]
    public void Blanks_and_end_tokens_belong_to_no_word()
    {
        var (sample, tokens) = Tokenized("a  b", (0, 1), (1, 3), (3, 4), (0, 0));
        Assert.Equal([0, 2], WordMerger.Merge(sample, tokens).SelectMany(w => w.Targets));
    }

    [Fact]
    public void Word_scores_add_their_tokens_and_average_over_occurrences()
    {
        var (sample, tokens) = Tokenized("red a red", (0, 2), (2, 3), (4, 5), (6, 9));
        var words = WordMerger.Merge(sample, tokens);
        var scores = Scores(("image", [-1, -1, -1, -1]), ("visionless:blur", [-2, -3, -1.5f, -6]),
            ("text_only_reference", [MathF.Log(0.5f), MathF.Log(0.5f), 0, float.NaN]));
        Assert.Equal([new WordMean("red", 4, 2), new WordMean("a", 0.5, 1)], TopWords.OfDifference([(words, scores)], "image", "visionless:blur"));
        Assert.Equal(["red"], TopWords.OfDifference([(words, scores)], "image", "visionless:blur", minCount: 2).Select(w => w.Type));
        // The second "red" was cut off, so one occurrence with p = 1/4 is left.
        var surprise = TopWords.OfSurprise([(words, scores)], "text_only_reference");
        Assert.Equal(("red", 1), (surprise[0].Type, surprise[0].Count));
        Assert.Equal(0.75, surprise[0].Mean, 6);
        Assert.Empty(TopWords.OfSurprise([(words, Scores())], "text_only_reference"));
    }

    [Fact]
    public void A_photograph_counts_as_one_unit_whatever_its_captions()
    {
        var samples = Enumerable.Range(0, 3).Select(i => new Sample(new SampleKey("a.json", i), null, [i < 2 ? "x.jpg" : "y.jpg"], [])).ToArray();
        var scores = samples.ToDictionary(s => s.Key, s => Scores(("image", [-1, -1]), ("none", [-1 - s.Key.Record, float.NaN])));
        var metric = PhotographDifference.Evaluate("vig/train", samples, scores, "image", "none").Metrics.Single();
        Assert.Equal([1.0, 2.0], metric.Numerators);
        Assert.Equal([2.0, 1.0], metric.Denominators);
    }
}
