using Fovea.Core.Errors;
using Fovea.Core.Randomness;
using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Evaluation.Analyses;
using Fovea.Evaluation.Statistics;
using Fovea.Tests.Evaluation.Answers;
using Xunit;

namespace Fovea.Tests.Evaluation;

public sealed class StoredScoreTests : IDisposable
{
    private readonly AnswerFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Words_of_a_store_are_averaged_by_class_a_words_targets_summed()
    {
        // "red dog": two targets spell "dog"; the second sample has another photograph, whose last target was cut off.
        ScoredSample[] samples =
        [
            Sample(0, "a.png", "red dog", [(0, 3), (4, 5), (5, 7)], seen: [-1, -1, -1], none: [-3, -2, -1.5f], reference: [-0.5f, -1, -1]),
            Sample(1, "b.png", "red the", [(0, 3), (4, 7)], seen: [-1, float.NaN], none: [-2, float.NaN], reference: [-1, -1]),
        ];
        var result = StoredWords.Evaluate(samples, WordClasses.Visual);
        double[] Of(string name, bool denominators = false) => result.Metrics.First(m => m.Name == name) is var m && denominators ? m.Denominators : m.Numerators;
        Assert.Equal([2, 1], Of("vig/none/colours"));
        Assert.Equal([1.5, 0], Of("vig/none/other_words"));
        Assert.Equal([1, 0], Of("vig/none/other_words", denominators: true));
        Assert.Equal([0, 0], Of("vig/none/function_words", denominators: true));
        Assert.Equal([1 - Math.Exp(-2), 0], Of("one_minus_p_ref/other_words"), (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal([0, 1], Of("one_minus_p_ref/function_words", denominators: true));
    }

    [Theory]
    [InlineData("dogs", "nouns")]
    [InlineData("running", "verbs")]
    [InlineData("bigger", "adjectives")]
    [InlineData("quickly", "adverbs")]
    [InlineData("the", "determiners")]
    [InlineData("behind", "prepositions")]
    [InlineData("two", "numerals")]
    [InlineData("17", "numerals")]
    [InlineData("blorb", "unknown_words")]
    [InlineData(",", null)]
    public void A_words_part_of_speech_is_the_one_that_WordNet_has_tagged_most(string word, string? expected)
    {
        var classes = WordClasses.Read(_files.Write("index.sense",
            "dog%1:05:00:: 02086723 1 42", "dog%2:38:00:: 02005890 1 2", "run%2:38:00:: 01930264 1 106", "run%1:04:00:: 00556313 1 10",
            "big%3:00:01:: 01385255 1 92", "big%5:00:00:large:00 01385256 2 0", "quickly%4:02:00:: 00085811 1 17"));
        Assert.Equal(expected, classes.Of(word));
        Assert.True(expected is null || classes.Classes.Contains(expected));
    }

    [Fact]
    public void Classes_come_from_lines_of_word_and_class_and_what_is_none_is_refused()
    {
        var classes = WordClasses.Read(_files.Write("words.txt", "Red\tcolour words", "dog\tanimals"));
        Assert.Equal(["colour_words", "animals", "other_words"], classes.Classes);
        Assert.Equal(("colour_words", "animals", "other_words"), (classes.Of("red"), classes.Of("dog"), classes.Of("cat")));
        Assert.Contains("expected a word, a tab and a class", Assert.Throws<InvalidInputException>(() => WordClasses.Read(_files.Write("bad.txt", "red\tcolours", "dog animals"))).Message, StringComparison.Ordinal);
        Assert.Contains("WordNet's index.sense", Assert.Throws<InvalidInputException>(() => WordClasses.Read(_files.Write("index.sense", "dog animals"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Agreement_of_two_scores_by_hand()
    {
        // VIG 4, 3, 2, 1 and 0.. of ten targets; PRIOR ranks the first two the other way round and the rest alike.
        float[] none = [.. Enumerable.Range(0, 10).Select(i => -10f + i)], reference = [.. Enumerable.Range(0, 10).Select(i => i switch { 0 => -9, 1 => -10, _ => -9f + i })];
        var scores = Sample(0, "a.png", "x", [(0, 1)], new float[10], none, reference).Scores with { TargetIds = new int[10] };
        string?[] classes = ["nouns", "nouns", "verbs", null, null, null, null, null, null, null];
        var result = ScoreAgreement.Evaluate([(scores, classes)]);
        double Of(string name) => result.Metrics.First(m => m.Name == name).Value;
        Assert.Equal(1 - (6 * 2.0 / 990), Of("spearman/none"), 12); // 1 - 6 sum d^2 / (n (n^2 - 1))
        Assert.Equal(0, Of("top_10/none"));
        Assert.Equal(1, Of("top_30/none"));
        Assert.Equal((1.0, 2.0), (Of("top_30/none/nouns"), result.Metrics.First(m => m.Name == "top_30/none/nouns").Count));
        Assert.Contains("no target has a VIG and a PRIOR score", Assert.Throws<FoveaException>(() => ScoreAgreement.Evaluate(
            [(scores with { LogProbs = new Dictionary<string, float[]> { ["image"] = new float[10], ["visionless:none"] = none } }, null)])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void The_interval_of_a_rank_correlation_holds_the_truth_with_photographs_of_several_tokens(double shared)
    {
        var (held, draws) = (0, 300);
        (double[] A, double[] B) Draw(int photographs, int index)
        {
            var random = new RandomSource(3, "test/agreement", index);
            var (a, b) = (new double[4 * photographs], new double[4 * photographs]);
            for (var i = 0; i < a.Length; i++)
            {
                var common = random.NextGaussian();
                (a[i], b[i]) = ((Math.Sqrt(shared) * common) + (Math.Sqrt(1 - shared) * random.NextGaussian()), (Math.Sqrt(shared) * common) + (Math.Sqrt(1 - shared) * random.NextGaussian()));
            }

            return (a, b);
        }

        double[] Terms((double[] A, double[] B) of) => Ranks.Spearman(Ranks.Of(of.A), Ranks.Of(of.B));
        var truth = 6 / Math.PI * Math.Asin(shared / 2); // of a bivariate normal distribution
        for (var draw = 0; draw < draws; draw++)
        {
            var interval = Clustered.Interval(new Core.Results.Metric("spearman", null, [.. Terms(Draw(60, draw)).Chunk(4).Select(c => c.Sum())], [.. Enumerable.Repeat(4.0, 60)]));
            held += interval.Low <= truth && truth <= interval.High ? 1 : 0;
        }

        Assert.InRange(held / (double)draws, 0.91, 0.985);
    }

    private static ScoredSample Sample(int record, string image, string text, (int Start, int End)[] spans, float[] seen, float[] none, float[] reference)
    {
        var key = new SampleKey("texts.json", record);
        var tokens = new TokenizedSample
        {
            Key = key,
            InputIds = [1, .. Enumerable.Range(2, spans.Length)],
            TargetIndices = [.. Enumerable.Range(1, spans.Length)],
            EndTargets = [],
            TargetSpans = [.. spans.Select(s => new TargetSpan(1, s.Start, s.End))],
            Images = [image],
            TextFingerprint = "",
            ContextFingerprint = "",
        };
        return new ScoredSample(new Sample(key, null, [image], [new Turn(Role.Human, "?"), new Turn(Role.Assistant, text)]), tokens, new TokenScores
        {
            Key = key,
            TextFingerprint = "",
            HasImage = true,
            TargetIds = new int[spans.Length],
            EndTargets = [],
            LogProbs = new Dictionary<string, float[]> { ["image"] = seen, ["visionless:none"] = none, ["text_only_reference"] = reference },
        });
    }
}
