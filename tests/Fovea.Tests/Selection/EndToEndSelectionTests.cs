using System.Globalization;
using System.Text.Json;
using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Selection;
using Fovea.Store;
using Xunit;

namespace Fovea.Tests.Selection;

/// <summary>Selection and PRIOR weights from the reference's own log-probabilities.</summary>
public sealed class EndToEndSelectionTests
{
    private readonly JsonElement _case = JsonDocument.Parse(File.ReadAllText(TestData.Find("fixtures/endtoend/llava_v1/case.json"))).RootElement;

    [Theory]
    [InlineData("30")]
    [InlineData("70")]
    public void Vig_selection_equals_the_reference(string percent)
    {
        var expected = _case.GetProperty("selection").GetProperty(percent);
        var selection = new VigSelector(new VigOptions { Percent = decimal.Parse(percent, CultureInfo.InvariantCulture) }).Apply(Scores());
        var ids = _case.GetProperty("samples").EnumerateArray().Select(s => s.GetProperty("id").GetString()!).ToList();
        var kept = selection.Weights.Where(w => w.Status is SelectionStatus.Kept or SelectionStatus.TextOnly).ToList();

        // Both sides are float32 log-probabilities and double sums; only the order of summation may differ.
        Assert.Equal(expected.GetProperty("tau").GetDouble(), selection.Report.Tau!.Value, 1e-9);
        Assert.Equal(expected.GetProperty("kept").EnumerateArray().Select(k => k.GetString()), kept.Select(w => ids[w.Key.Record]));
        Assert.Equal(expected.GetProperty("supervised_tokens").GetInt64(), selection.Report.SupervisedTokens);
        Assert.Equal(expected.GetProperty("all_tokens").GetInt64(), selection.Report.Targets);
        foreach (var row in kept)
        {
            var mask = Floats(expected.GetProperty("token_weights").GetProperty(ids[row.Key.Record]));
            Assert.Equal(mask, row.Weights ?? [.. mask.Select(_ => 1f)]);
        }
    }

    [Fact]
    public void Prior_weights_equal_the_reference()
    {
        foreach (var caption in _case.GetProperty("prior").EnumerateArray())
        {
            var logProbs = Floats(caption.GetProperty("reference_log_prob"));
            foreach (var weights in caption.GetProperty("weights").EnumerateObject())
            {
                var expected = Floats(weights.Value);
                var raw = PriorSelector.Weights(logProbs, double.Parse(weights.Name, CultureInfo.InvariantCulture));
                var got = WeightNormalizer.Normalize(raw, raw.Length, WeightNormalization.TargetCount);
                for (var i = 0; i < expected.Length; i++)
                {
                    // Raw weights are stored in float32.
                    Assert.Equal(expected[i], got[i], 1e-6f * (1 + expected[i]));
                }
            }
        }
    }

    private static float[] Floats(JsonElement array) => [.. array.EnumerateArray().Select(x => x.GetSingle())];

    private IEnumerable<TokenScores> Scores()
    {
        var record = 0;
        foreach (var sample in _case.GetProperty("samples").EnumerateArray())
        {
            var ids = sample.GetProperty("target_ids").EnumerateArray().Select(x => x.GetInt32()).ToArray();
            var scored = sample.TryGetProperty("log_prob", out var logProbs);
            yield return new TokenScores
            {
                Key = new SampleKey("data.json", record++),
                TextFingerprint = "",
                HasImage = scored,
                TargetIds = ids,

                // The fixture's answers end with id 2, which stands nowhere else in them.
                EndTargets = [.. Enumerable.Range(0, ids.Length).Where(i => ids[i] == 2)],
                LogProbs = scored
                    ? new Dictionary<string, float[]>
                    {
                        [Conditions.Image] = Floats(logProbs.GetProperty("image")),
                        [Conditions.Visionless("blur")] = Floats(logProbs.GetProperty("blur")),
                    }
                    : new Dictionary<string, float[]>(),
            };
        }
    }
}
