using Fovea.Pipeline.Reports;
using Fovea.Reporting.Documents;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Pipeline;

/// <summary>A verdict and the digits beside it agree.</summary>
public sealed class FindingNumbersTests
{
    private static FindingCell Cell(double difference, double low, double high, double value = 5.327) =>
        new(Value: value, Low: value - 0.1, High: value + 0.1, Difference: difference, DifferenceLow: low, DifferenceHigh: high);

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1e-9, 1e-9, 1e-9)]
    [InlineData(1e-7, 1e-8, 2e-7)]
    [InlineData(-2e-5, -2e-5, -1e-5)]
    [InlineData(0.1, 0.1, 0.1)]
    [InlineData(0.001, -0.001, 0.003)]
    [InlineData(0.001, 0, 0.003)]
    public void A_difference_that_is_nothing_to_see_is_neither_better_nor_worse(double difference, double low, double high)
    {
        foreach (var up in new bool?[] { true, false, null })
        {
            Assert.Equal(Tone.Neutral, FindingNumbers.Judge(Cell(difference, low, high), NumberFormat.Ratio, up));
        }
    }

    [Fact]
    public void What_only_zeros_would_say_is_called_no_difference()
    {
        Assert.Equal("no difference", FindingNumbers.Difference(Cell(0, 0, 0), NumberFormat.Ratio));
        Assert.Equal("no difference", FindingNumbers.Difference(Cell(0.00001, -0.0001, 0.0002), NumberFormat.Percent));
        Assert.Equal("0.0 [−13.3, +11.7]", FindingNumbers.Difference(Cell(0, -0.1333, 0.1167), NumberFormat.Percent));
        Assert.Equal("", FindingNumbers.Difference(new FindingCell(Value: 1), NumberFormat.Ratio));
    }

    [Fact]
    public void A_small_but_certain_difference_gets_the_digits_that_it_needs()
    {
        var cell = Cell(0.0003, 0.00012, 0.0005);
        Assert.Equal(Tone.Worse, FindingNumbers.Judge(cell, NumberFormat.Ratio, false));
        Assert.Equal("+0.0003 nats [+0.0001, +0.0005]", FindingNumbers.Difference(cell, NumberFormat.Ratio, "nats"));
        var table = new FindingTable("t", "t", "", [new("nll", "NLL", HigherIsBetter: false)],
            [new("a", "a", [new FindingCell(Value: 5.327)]), new("b", "b", [Cell(0.0003, 0.00012, 0.0005, 5.3273) with { Verdict = Tone.Worse }])]);
        Assert.Equal(4, FindingNumbers.ColumnDecimals(table, 0));
        Assert.Equal("5.3273", FindingNumbers.Of(5.3273, NumberFormat.Ratio, 4));
    }

    [Property(MaxTest = 300)]
    public bool A_verdict_is_always_beside_digits_that_show_it(int difference, int low, int high, bool up)
    {
        var cell = Cell(difference * 1e-6, Math.Min(low, high) * 1e-6, Math.Max(low, high) * 1e-6);
        var written = FindingNumbers.Difference(cell, NumberFormat.Ratio);
        return FindingNumbers.Judge(cell, NumberFormat.Ratio, up) == Tone.Neutral
            || (written.IndexOfAny(['1', '2', '3', '4', '5', '6', '7', '8', '9']) >= 0 && cell is { DifferenceLow: > 0 } or { DifferenceHigh: < 0 });
    }

    [Theory]
    [InlineData(0.029, 0.007, 0.052, 1)]
    [InlineData(-0.010, -0.013, -0.007, -1)]
    [InlineData(0.020, -0.024, 0.070, 0)]
    [InlineData(0.0002, 0.0001, 0.0003, 0)]
    public void A_sign_is_only_what_the_digits_show(double value, double low, double high, int sign) =>
        Assert.Equal(sign, FindingNumbers.Sign(new FindingCell(Value: value, Low: low, High: high), NumberFormat.Ratio));
}
