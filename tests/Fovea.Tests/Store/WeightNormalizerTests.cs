using Fovea.Core.Errors;
using Fovea.Core.Scores;
using Fovea.Store;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Store;

public sealed class WeightNormalizerTests
{
    [Property]
    public Property Normalised_weights_sum_to_the_targets_left(NonEmptyArray<byte> raw, byte cut)
    {
        var weights = Array.ConvertAll(raw.Get, b => b / 255f);
        var kept = 1 + (cut % weights.Length);
        var sum = WeightNormalizer.Normalize(weights, kept, WeightNormalization.TargetCount).Sum(w => (double)w);

        // Each float32 weight is rounded once: at most kept * 2^-24 of relative error in all.
        return (Math.Abs(sum - kept) <= 1e-6 * kept).Label($"{sum} for {kept}");
    }

    [Fact]
    public void Weights_that_are_all_zero_are_one_each() =>
        Assert.Equal([1f, 1f, 1f], WeightNormalizer.Normalize([0f, 0f, 0f, 0.5f], 3, WeightNormalization.TargetCount));

    [Fact]
    public void Constant_weights_are_plain_next_token_prediction() =>
        Assert.Equal([1f, 1f, 1f], WeightNormalizer.Normalize([0.25f, 0.25f, 0.25f], 3, WeightNormalization.TargetCount));

    [Fact]
    public void Masks_are_taken_as_they_stand() =>
        Assert.Equal([0f, 1f], WeightNormalizer.Normalize([0f, 1f, 1f], 2, WeightNormalization.None));

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(-1f)]
    [InlineData(float.PositiveInfinity)]
    public void A_weight_that_is_no_weight_is_refused(float weight) =>
        Assert.Throws<FoveaException>(() => WeightNormalizer.Normalize([1f, weight], 2, WeightNormalization.TargetCount));
}
