using Fovea.Core.Randomness;
using Fovea.Core.Samples;
using Fovea.Core.Text;
using Fovea.Models.Generation;
using Fovea.Torch;
using Xunit;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

/// <summary>Scores to probabilities to ids, and ids to text, each against a plain reading of its definition.</summary>
public sealed class GenerationRulesTests
{
    public GenerationRulesTests() => TorchRuntime.Start(1);

    public static TheoryData<long, double, int, double> Settings =>
        new MatrixTheoryData<long, double, int, double>([1, 2], [1, 0.4, 2.5], [1, 7, 1000], [1, 0.9, 0.3, 1e-6]);

    [Theory]
    [MemberData(nameof(Settings))]
    public void Temperature_then_top_k_then_top_p(long seed, double temperature, int topK, double topP)
    {
        using var scope = NewDisposeScope();
        var random = new RandomSource(seed, "test/scores");
        var scores = Enumerable.Range(0, 40).Select(_ => (float)random.NextGaussian() * 3).ToArray();
        var options = new SamplingOptions { Temperature = temperature, TopK = topK, TopP = topP };
        var found = Golden.Floats(ScoreRules.Probabilities(tensor(scores, [1, 40]), options));
        var expected = Expected(scores, options);
        for (var i = 0; i < 40; i++)
        {
            Assert.Equal(expected[i], found[i], 1e-5);
            Assert.Equal(expected[i] == 0, found[i] == 0);
        }
    }

    [Fact]
    public void Ties_with_the_last_of_the_best_stay()
    {
        using var scope = NewDisposeScope();
        var found = Golden.Floats(ScoreRules.Probabilities(tensor([0f, 1, 2, 1, 1, -3], [1, 6]), new SamplingOptions { TopK = 2 }));
        Assert.Equal([false, true, true, true, true, false], found.Select(p => p > 0));
    }

    [Fact]
    public void Draws_are_as_frequent_as_their_probabilities()
    {
        using var scope = NewDisposeScope();
        float[] weights = [0, 0.5f, 0, 0.125f, 0.375f, 0];
        var probabilities = tensor(weights, [1, 6]);
        var random = new RandomSource(3, "test/draws");
        var counts = new int[6];
        for (var i = 0; i < 20_000; i++)
        {
            counts[ScoreRules.Draw(probabilities, [random])[0]]++;
        }

        for (var i = 0; i < 6; i++)
        {
            // Four standard deviations.
            Assert.Equal(20_000 * weights[i], counts[i], 4 * Math.Sqrt(20_000 * weights[i] * (1 - weights[i])));
        }
    }

    [Fact]
    public void Repeated_ids_lose_and_no_others_change()
    {
        using var scope = NewDisposeScope();
        var scores = tensor([2f, -2, 1, 0, 4, -4, 3, 3], [2, 4]);
        var found = Golden.Floats(ScoreRules.Penalize(scores, [new HashSet<int> { 0, 1 }, new HashSet<int> { 3 }], 2));
        Assert.Equal([1f, -4, 1, 0, 4, -4, 3, 1.5f], found);
    }

    [Theory]
    [InlineData("ab|c|d", "bc", "a", true)]
    [InlineData("a|b|c|d", "cdx", "abcd", false)]
    [InlineData("xa|ab|y", "aab", "x", true)]
    [InlineData("one STOP two END", "END,STOP", "one ", true)]
    [InlineData("a|a|a|b", "aab", "a", true)]
    [InlineData("", "x", "", false)]
    public void Text_stops_before_the_first_stop_string(string pieces, string stops, string expected, bool stopped)
    {
        var parts = pieces.Split('|');
        var text = new RowText(new Given(parts), stops.Split(','));
        var released = "";
        for (var i = 0; i < parts.Length && !text.Stopped; i++)
        {
            released += text.Add(i);
            Assert.StartsWith(released, expected, StringComparison.Ordinal);
        }

        released += text.End();
        Assert.Equal((expected, expected, stopped), (released, text.Text, text.Stopped));
    }

    [Fact]
    public void A_model_cannot_steer_the_terminal() =>
        Assert.Equal("a\n\tb\uFFFD[2J\uFFFDc", PlainText.Harmless("a\n\tb\u001b[2J\u009bc"));

    private static double[] Expected(float[] scores, SamplingOptions options)
    {
        var scaled = scores.Select(s => s / options.Temperature).ToArray();
        var order = Enumerable.Range(0, scores.Length).OrderByDescending(i => scaled[i]).ToArray();
        var kept = order.Take(options.TopK!.Value).ToList();
        var total = kept.Sum(i => Math.Exp(scaled[i] - scaled[order[0]]));
        var before = 0.0;
        var nucleus = new List<int>();
        foreach (var i in kept)
        {
            // In order of probability until the sum of those before reaches p.
            if (nucleus.Count > 0 && before >= options.TopP)
            {
                break;
            }

            nucleus.Add(i);
            before += Math.Exp(scaled[i] - scaled[order[0]]) / total;
        }

        var sum = nucleus.Sum(i => Math.Exp(scaled[i] - scaled[order[0]]));
        return [.. Enumerable.Range(0, scores.Length).Select(i => nucleus.Contains(i) ? Math.Exp(scaled[i] - scaled[order[0]]) / sum : 0)];
    }

    private sealed class Given(string[] parts) : IIncrementalDecoder
    {
        public string Push(int id) => parts[id];

        public string Finish() => "";
    }
}
