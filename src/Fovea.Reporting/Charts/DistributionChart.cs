using System.Text;
using Fovea.Reporting.Documents;
using Fovea.Reporting.Html;

namespace Fovea.Reporting.Charts;

/// <summary>Ridges over boxes, one per class, sorted by mean.</summary>
internal static class DistributionChart
{
    private const double Pitch = 50;
    private const double RidgeHeight = 30;
    private const double Top = 24;
    private const double CountRoom = 132;
    private const int Bins = 120;
    private const int LongestLabel = 26;

    public static void Render(Markup page, DistributionBlock block)
    {
        DistributionSummary[] classes =
        [
            .. block.Classes.Select(c => new DistributionSummary(c))
                .OrderByDescending(c => double.IsNaN(c.Mean) ? double.NegativeInfinity : c.Mean).ThenBy(c => c.Name, StringComparer.Ordinal),
        ];

        var bottom = Top + Pitch * classes.Length;
        var left = Math.Max(50, classes.Select(c => Drawing.TextWidth(Drawing.Fit(c.Name, LongestLabel))).DefaultIfEmpty(0).Max() + 16);
        // The axis shows the middle 99 % of each class: one far outlier must not flatten all ridges.
        var scale = AxisScale.Over(
            classes.Where(c => c.Count > 0).SelectMany(c => new[] { c.Quantile(0.005), c.Quantile(0.995) })
                .Append(0), left, Drawing.Width - CountRoom, 7, widen: true);

        Drawing.Open(page, block.Caption, [], [], bottom + 46,
            $"{block.Caption}: {Drawing.Title(block.Axis)} of {string.Join(", ", classes.Select(c => c.Name))}");
        Drawing.HorizontalAxis(page, scale, block.Axis, Top - 8, bottom);
        Drawing.Label(page, "mean", Drawing.Width - 72, 11, "end", "tick");
        Drawing.Label(page, "n", Drawing.Width - 4, 11, "end", "tick");
        for (var i = 0; i < classes.Length; i++)
        {
            Class(page, block, classes[i], scale, left, Top + Pitch * i + RidgeHeight);
        }

        Drawing.CloseDrawing(page);
        BlockRenderer.Note(page,
            "Ridge: smoothed histogram, each at its own height. Bar: quartiles with the median; thin line: 5th to 95th percentile; dot: mean.",
            Outside(classes, scale), LeftOut(classes));
        Drawing.Close(page, Numbers(block, classes));
    }

    private static void Class(Markup page, DistributionBlock block, DistributionSummary c, AxisScale scale, double left, double baseline)
    {
        page.Open("g", ("class", "series ridge " + Drawing.Class(0)), ("data-series", "0"));
        page.Leaf("title", $"{c.Name} \u00B7 mean {NumberText.WithUnit(c.Mean, block.Axis)} \u00B7 median {NumberText.WithUnit(c.Quantile(0.5), block.Axis)} "
            + $"\u00B7 {NumberText.Count(c.Count)}");
        page.Void("rect", ("class", "hit"), ("x", "0"), ("y", Drawing.At(baseline - RidgeHeight)), ("width", Drawing.At(Drawing.Width)),
            ("height", Drawing.At(Pitch - 2)));
        Drawing.Label(page, Drawing.Fit(c.Name, LongestLabel), left - 12, baseline, "end", "class");
        if (c.Count >= DistributionSummary.FewestForRidge)
        {
            page.Void("path", ("class", "area"), ("d", Area(c.Ridge(scale.Low, scale.High, Bins), scale, baseline)));
        }

        var box = baseline + 7;
        if (c.Count is > 0 and < DistributionSummary.FewestForRidge)
        {
            foreach (var value in c.Values.Where(v => v >= scale.Low && v <= scale.High))
            {
                Drawing.Line(page, "rug", scale.Of(value), baseline - 9, scale.Of(value), baseline);
            }
        }

        if (c.Count > 0)
        {
            double At(double probability) => scale.Of(Math.Clamp(c.Quantile(probability), scale.Low, scale.High));
            Drawing.Line(page, "range", At(0.05), box, At(0.95), box);
            page.Void("rect", ("class", "box"), ("x", Drawing.At(At(0.25))), ("y", Drawing.At(box - 3)),
                ("width", Drawing.At(Math.Max(1, At(0.75) - At(0.25)))), ("height", "6"), ("rx", "2"));
            Drawing.Line(page, "median", At(0.5), box - 3, At(0.5), box + 3);
            page.Void("circle", ("class", "mean"), ("cx", Drawing.At(scale.Of(Math.Clamp(c.Mean, scale.Low, scale.High)))),
                ("cy", Drawing.At(box)), ("r", "3.4"));
        }

        Drawing.Label(page, NumberText.Of(c.Mean, NumberFormat.TwoDecimals), Drawing.Width - 72, baseline, "end", "value strong");
        Drawing.Label(page, NumberText.Of(c.Count, NumberFormat.Count), Drawing.Width - 4, baseline, "end", "value");
        page.Close();
    }

    private static string? Area(double[] heights, AxisScale scale, double baseline)
    {
        var width = (scale.Of(scale.High) - scale.Of(scale.Low)) / heights.Length;
        double At(int bin) => scale.Of(scale.Low) + (bin + 0.5) * width;
        // Only where there is something: an empty stretch has no outline.
        var first = Array.FindIndex(heights, h => h > 0);
        var last = Array.FindLastIndex(heights, h => h > 0);
        if (first < 0)
        {
            return null;
        }

        var path = new StringBuilder($"M{Drawing.At(At(first))} {Drawing.At(baseline)}");
        for (var b = first; b <= last; b++)
        {
            path.Append('L').Append(Drawing.At(At(b))).Append(' ').Append(Drawing.At(baseline - RidgeHeight * heights[b]));
        }

        return path.Append('L').Append(Drawing.At(At(last))).Append(' ').Append(Drawing.At(baseline)).Append('z').ToString();
    }

    private static string? Outside(DistributionSummary[] classes, AxisScale scale)
    {
        var outside = classes.Sum(c => c.Values.Count(v => v < scale.Low || v > scale.High));
        return outside > 0 ? $"Beyond the axis: {NumberText.Of(outside, NumberFormat.Count)} "
            + $"of {NumberText.Of(classes.Sum(c => (double)c.Count), NumberFormat.Count)} values." : null;
    }

    private static string? LeftOut(DistributionSummary[] classes)
    {
        var leftOut = classes.Sum(c => c.LeftOut);
        return leftOut > 0 ? $"Left out as not finite: {NumberText.Of(leftOut, NumberFormat.Count)}." : null;
    }

    private static TableBlock Numbers(DistributionBlock block, DistributionSummary[] classes) => new(
        Drawing.Title(block.Axis), "Class",
        [
            new("mean", block.Axis.Format), new("5 %", block.Axis.Format), new("25 %", block.Axis.Format), new("median", block.Axis.Format),
            new("75 %", block.Axis.Format), new("95 %", block.Axis.Format), new("n", NumberFormat.Count),
        ],
        [
            .. classes.Select(c => new TableRow(c.Name,
            [
                new(Value: c.Mean), new(Value: c.Quantile(0.05)), new(Value: c.Quantile(0.25)), new(Value: c.Quantile(0.5)),
                new(Value: c.Quantile(0.75)), new(Value: c.Quantile(0.95)), new(Value: c.Count),
            ])),
        ]);
}
