using Fovea.Reporting.Charts;
using Fovea.Reporting.Documents;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Reporting;

public sealed class ScaleTests
{
    [Theory]
    [InlineData(0, 100)]
    [InlineData(5, 150)]
    [InlineData(10, 200)]
    public void A_scale_puts_known_values_at_known_positions(double value, double expected) =>
        Assert.Equal(expected, AxisScale.Over([0.0, 10], 100, 200, 5, widen: false).Of(value), 9);

    [Fact]
    public void A_widened_scale_ends_at_round_numbers()
    {
        var scale = AxisScale.Over([0.13, 0.87], 0, 1, 5, widen: true);
        Assert.Equal((0, 1), (scale.Low, scale.High));
        Assert.Equal([0, 0.2, 0.4, 0.6, 0.8, 1], scale.Ticks.Select(t => Math.Round(t, 12)));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.MaxValue)]
    [InlineData(double.MinValue)]
    [InlineData(0)]
    [InlineData(-3)]
    [InlineData(double.Epsilon)]
    public void One_odd_value_still_gives_a_scale_with_ticks(double value)
    {
        var scale = AxisScale.Over([value], 0, 100, 5, widen: true);
        Assert.InRange(scale.Ticks.Count, 2, 12);
        Assert.All(scale.Ticks, t => Assert.InRange(scale.Of(t), -1e-6, 100 + 1e-6));
    }

    [Property]
    public Property Ticks_are_equal_round_steps_that_cover_the_values(NormalFloat a, NormalFloat b)
    {
        double x = Math.Clamp(a.Get, -1e100, 1e100), y = Math.Clamp(b.Get, -1e100, 1e100);
        var scale = AxisScale.Over([x, y], 0, 1, 5, widen: true);
        var tolerance = scale.Step * 1e-5;
        var mantissa = scale.Step / Math.Pow(10, Math.Floor(Math.Log10(scale.Step) + 1e-9));
        return (new[] { 1.0, 2, 5 }.Any(m => Math.Abs(mantissa - m) < 1e-6)).Label("step is 1, 2 or 5 times a power of ten")
            .And(scale.Ticks.Zip(scale.Ticks.Skip(1)).All(p => Math.Abs(p.Second - p.First - scale.Step) <= tolerance)).Label("equal steps, ascending")
            .And(scale.Ticks.Count is >= 2 and <= 8).Label($"{scale.Ticks.Count} ticks")
            .And(scale.Ticks[0] <= Math.Min(x, y) + tolerance && scale.Ticks[^1] >= Math.Max(x, y) - tolerance).Label("cover");
    }

    [Theory]
    [InlineData(HeatScale.Diverging, 2.0, "positive", 0.75)]
    [InlineData(HeatScale.Diverging, 1.0, "positive", 0.375)]
    [InlineData(HeatScale.Diverging, -1.0, "negative", 0.375)]
    [InlineData(HeatScale.Diverging, 99.0, "positive", 0.75)]
    [InlineData(HeatScale.Diverging, double.NegativeInfinity, "negative", 0.75)]
    [InlineData(HeatScale.Diverging, 0.0, "", 0.0)]
    [InlineData(HeatScale.Diverging, double.NaN, "", 0.0)]
    [InlineData(HeatScale.Sequential, 1.0, "sequential", 0.375)]
    [InlineData(HeatScale.Sequential, -1.0, "", 0.0)]
    public void A_value_has_a_known_colour(HeatScale scale, double value, string side, double strength) =>
        Assert.Equal((side, strength), new HeatColours(scale, 2).Of(value));

    [Fact]
    public void Without_a_limit_the_rows_largest_magnitude_has_the_full_colour()
    {
        Assert.Equal(3, HeatColours.For(new TokenRow("VIG", [new("a", 1), new("b", -3), new("c", double.NaN)])).Limit);
        Assert.Equal(1, HeatColours.For(new TokenRow("VIG", [new("a", 0)])).Limit);
        Assert.Equal(5, HeatColours.For(new TokenRow("VIG", [new("a", 1)], Limit: 5)).Limit);
    }
}
