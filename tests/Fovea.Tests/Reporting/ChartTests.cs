using System.Globalization;
using System.Xml.Linq;
using Fovea.Core.Errors;
using Fovea.Reporting.Charts;
using Fovea.Reporting.Documents;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Reporting;

public sealed class ChartTests
{
    private static readonly ChartAxis Step = new("Step");
    private static readonly ChartAxis Loss = new("Loss", "nats");

    [Fact]
    public void A_gap_breaks_a_line_and_a_lone_point_is_a_mark()
    {
        var page = ReportMarkup.Of(new CurveBlock("c", Step, Loss, [new("a", [0, 1, 2, 3, 4, 5], [1, 2, double.NaN, 3, double.NegativeInfinity, 1])]));
        var series = page.WithClass("series").Single();
        var line = (string)series.WithClass("line").Single().Attribute("d")!;
        Assert.Equal(3, line.Count(c => c == 'M'));
        Assert.Equal(1, line.Count(c => c == 'L'));
        Assert.Equal(2, series.WithClass("mark").Count());
        Assert.Equal(4, series.WithClass("hit").Count());
        AssertNumbersOnly(page);
    }

    [Fact]
    public void Series_without_drawable_points_do_not_break()
    {
        var page = ReportMarkup.Of(new CurveBlock(
            "c", Step, Loss, [new("none", [], []), new("one", [3], [-2]), new("gaps", [1, 2], [double.NaN, double.NaN]),
                new("huge", [1, 2], [double.MaxValue, double.MinValue])]));
        Assert.Single(page.WithClass("hit"));
        AssertNumbersOnly(page);
    }

    [Fact]
    public void A_known_curve_has_known_coordinates()
    {
        var page = ReportMarkup.Of(new CurveBlock("c", Step, Loss, [new("a", [0, 10], [0, 1])]));
        // Left edge: 14 and three characters ("0.0") of 6.6; top 30, bottom 284; right edge 742.
        Assert.Equal("M33.8 284L742 30", (string?)page.WithClass("line").Single().Attribute("d"));
        Assert.Contains("a \u00B7 Step 10 \u00B7 1 nats", page.WithClass("hit").Select(h => h.Value));
    }

    [Fact]
    public void Lengths_that_disagree_are_refused()
    {
        var curve = Assert.Throws<FoveaException>(() => ReportMarkup.Of(new CurveBlock("Loss", Step, Loss, [new("VIG", [0, 1], [1])])));
        Assert.Equal("report curve \"Loss\", series \"VIG\": expected 2 values in y (as in x), got 1", curve.Message);
        var bars = Assert.Throws<FoveaException>(() => ReportMarkup.Of(new BarBlock("Kept", Step, ["a", "b"], [new("VIG", [1])])));
        Assert.Equal("report bars \"Kept\", series \"VIG\": expected 2 values (one per class), got 1", bars.Message);
        var table = Assert.Throws<FoveaException>(() => ReportMarkup.Of(new TableBlock("Results", "", [new("A")], [new("VIG", [])])));
        Assert.Equal("report table \"Results\", row \"VIG\": expected 1 cells (one per column), got 0", table.Message);
    }

    [Fact]
    public void Bars_start_at_zero_and_missing_ones_leave_their_place()
    {
        var page = ReportMarkup.Of(new BarBlock("b", Loss, ["up", "down", "none"], [new("s", [1, -1, double.NaN])]));
        var rects = page.WithClass("bar").Select(g => g.Element("rect")!).ToList();
        Assert.Equal(2, rects.Count);
        double X(int i) => double.Parse((string)rects[i].Attribute("x")!, CultureInfo.InvariantCulture);
        double Width(int i) => double.Parse((string)rects[i].Attribute("width")!, CultureInfo.InvariantCulture);
        Assert.Equal(X(0), X(1) + Width(1), 0.02);
        Assert.Equal(Width(0), Width(1), 0.02);
        Assert.Equal("up \u00B7 1 nats", page.WithClass("bar").First().Element("title")!.Value);
    }

    [Fact]
    public void Distributions_are_sorted_by_mean_and_tell_what_they_leave_out()
    {
        var page = ReportMarkup.Of(new DistributionBlock(
            "d", Loss, [new("low", [0, 0]), new("empty", []), new("high", [2, 2, float.NaN, float.PositiveInfinity]), new("middle", [1])]));
        Assert.Equal(["high", "middle", "low", "empty"], page.WithClass("ridge").Select(g => g.WithClass("class").Single().Value));
        Assert.Contains("Left out as not finite: 2.", page.WithClass("note").Single().Value, StringComparison.Ordinal);
        AssertNumbersOnly(page);
    }

    [Fact]
    public void One_far_outlier_does_not_flatten_the_ridge_and_is_told()
    {
        float[] values = [.. Enumerable.Range(0, 1000).Select(i => i / 1000f), 1e6f];
        var page = ReportMarkup.Of(new DistributionBlock("d", Loss, [new("a", values)]));
        Assert.Equal("1.0", page.WithClass("tick").Where(t => (string?)t.Attribute("text-anchor") == "middle").Last().Value);
        Assert.Contains("Beyond the axis: 1 of 1,001 values.", page.WithClass("note").Single().Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Quantiles_and_means_are_the_textbook_ones()
    {
        var summary = new DistributionSummary(new ClassDistribution("a", [4, 1, 3, 2]));
        Assert.Equal((2.5, 2.5, 1.75, 4, 1), (summary.Mean, summary.Quantile(0.5), summary.Quantile(0.25), summary.Quantile(1), summary.Quantile(0)));
    }

    [Fact]
    public void A_ridge_is_the_smoothed_histogram_with_its_peak_at_one()
    {
        var summary = new DistributionSummary(new ClassDistribution("a", [2.5f, 2.5f, 9]));
        Assert.Equal([1, 4, 6, 4, 1], summary.Ridge(0, 5, 5).Select(h => Math.Round(6 * h, 9)));
    }

    [Fact]
    public void A_name_keeps_its_colour_from_chart_to_chart()
    {
        var page = ReportMarkup.Of(
            new CurveBlock("c", Step, Loss, [new("Uniform", [0, 1], [1, 2]), new("VIG", [0, 1], [2, 3])]),
            new BarBlock("b", Loss, ["x"], [new("VIG", [1]), new("Uniform", [2])]));
        string[] classes = [.. page.WithClass("series").Select(g => (string)g.Attribute("class")!)];
        Assert.Equal(["series c0", "series c1", "series bar c1", "series bar c0"], classes);
    }

    [Fact]
    public void Two_series_of_one_name_are_told_apart()
    {
        var page = ReportMarkup.Of(new CurveBlock("c", Step, Loss, [new("seed", [0, 1], [1, 2]), new("seed", [0, 1], [2, 3])]));
        Assert.Equal(2, page.WithClass("series").Select(g => (string)g.Attribute("class")!).Distinct().Count());
    }

    [Property(MaxTest = 30)]
    public bool A_long_line_keeps_its_ends_extremes_and_gaps(int seed, bool gap)
    {
        var random = new Core.Randomness.RandomSource(seed, "decimation-test");
        double[] y = [.. Enumerable.Range(0, 10_000).Select(_ => random.NextGaussian())];
        if (gap)
        {
            y[random.Next(y.Length)] = double.NaN;
        }

        var kept = Polyline.Indices(y);
        double[] finite = [.. y.Where(double.IsFinite)];
        return kept.Count <= 2102 && kept[0] == 0 && kept[^1] == y.Length - 1 && kept.Zip(kept.Skip(1)).All(p => p.First < p.Second)
            && kept.Select(i => y[i]).Where(double.IsFinite).Max() == finite.Max() && kept.Select(i => y[i]).Where(double.IsFinite).Min() == finite.Min()
            && kept.Any(i => double.IsNaN(y[i])) == gap;
    }

    private static void AssertNumbersOnly(XElement page)
    {
        foreach (var attribute in page.Descendants("svg").Descendants().Attributes()
            .Where(a => a.Name.LocalName is "d" or "x" or "y" or "x1" or "x2" or "y1" or "y2" or "cx" or "cy" or "width" or "height"))
        {
            Assert.Matches("^[-0-9.MLHVhvlz ]+$", attribute.Value);
        }
    }
}
