using Fovea.Core.Errors;
using Fovea.Core.Scores;
using Fovea.Selection;
using Fovea.Store;
using Fovea.Tests.Store;
using Xunit;

namespace Fovea.Tests.Selection;

public sealed class PriorSelectorTests
{
    [Fact]
    public void A_weight_is_one_minus_the_probability_to_the_alpha()
    {
        var half = (float)Math.Log(0.5);
        Assert.Equal([0.25f], PriorSelector.Weights([half], 2), new Near(1e-7));
        Assert.Equal([1f, 1f], PriorSelector.Weights([half, 0f], 0));
    }

    [Fact]
    public void Nearly_certain_tokens_keep_their_precision() =>
        Assert.Equal(1e-9, PriorSelector.Weights([-1e-9f], 1)[0], 1e-15);

    [Theory]
    [InlineData(-1e-300)]
    [InlineData(-1e-17)]
    [InlineData(-1e-5)]
    [InlineData(-0.3)]
    [InlineData(-30)]
    [InlineData(-1e4)]
    public void One_minus_a_probability_is_exact_to_a_few_units(double x)
    {
        // Taylor where the subtraction cancels, the plain form where it does not.
        var expected = Math.Abs(x) < 1e-4 ? x + (x * x / 2) + (x * x * x / 6) : Math.Exp(x) - 1;
        Assert.Equal(1, TokenMeasures.OneMinusProbability(x) / -expected, 1e-13);
    }

    [Fact]
    public void Every_sample_with_an_image_is_kept_with_raw_weights()
    {
        var scored = ScoreRows.Scored(0, [-1f, -1f], [-1f, -1f]) with
        {
            LogProbs = new Dictionary<string, float[]> { [Conditions.TextOnlyReference] = [0f, float.NaN] },
        };
        var selection = new PriorSelector().Apply([scored, ScoreRows.TextOnly(1, 3)]);
        Assert.Equal(WeightNormalization.TargetCount, selection.Normalization);
        Assert.Equal([0f, 0f], selection.Weights[0].Weights!);
        Assert.Equal(SelectionStatus.TextOnly, selection.Weights[1].Status);
        Assert.Equal(5, selection.Report.SupervisedTokens);
        Assert.Equal([1f, 1f], WeightNormalizer.Normalize(selection.Weights[0].Weights, 2, selection.Normalization));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    public void An_alpha_out_of_range_is_refused(double alpha) => Assert.Throws<UsageException>(() => new PriorSelector(alpha));

    private sealed class Near(double tolerance) : IEqualityComparer<float>
    {
        public bool Equals(float x, float y) => Math.Abs(x - y) <= tolerance;

        public int GetHashCode(float obj) => 0;
    }
}
