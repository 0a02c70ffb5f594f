using System.Numerics;
using Fovea.Core.Errors;
using Fovea.Selection;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Selection;

public sealed class ThresholdTests
{
    [Theory]
    [InlineData("70", 10, 7)]
    [InlineData("30", 8, 3)]
    [InlineData("100", 5, 5)]
    [InlineData("0.001", 5, 1)]
    [InlineData("33.3", 1000, 333)]
    [InlineData("33.3", 10, 4)]
    [InlineData("33.33333333333333333333333333", 3, 1)]
    [InlineData("33.33333333333333333333333334", 3, 2)]
    [InlineData("70", 0, 0)]
    public void The_number_kept_is_exact(string percent, int count, int expected) =>
        Assert.Equal(expected, Threshold.TopCount(decimal.Parse(percent, System.Globalization.CultureInfo.InvariantCulture), count));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(101)]
    public void A_percentage_out_of_range_is_refused(int percent) => Assert.Throws<UsageException>(() => Threshold.TopCount(percent, 3));

    [Property]
    public Property Tau_equals_the_brute_force_one_with_ties_and_fractions(NonEmptyArray<sbyte> values, ushort tenths)
    {
        var percent = (1 + (tenths % 1000)) / 10m;

        // Few distinct values: ties are the rule.
        var gains = Array.ConvertAll(values.Get, v => v % 5 / 4.0);
        var numerator = (BigInteger)(percent * 10) * gains.Length;
        var top = (int)((numerator + 999) / 1000);
        var expected = gains.OrderByDescending(g => g).ElementAt(top - 1);
        var kept = gains.Count(g => g >= expected);
        return (Threshold.Of(gains, percent) == expected && kept >= top).Label($"p {percent}, n {gains.Length}");
    }

    [Fact]
    public void Without_samples_there_is_no_threshold() => Assert.Null(Threshold.Of([], 70));
}
