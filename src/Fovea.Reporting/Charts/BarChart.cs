using Fovea.Reporting.Documents;
using Fovea.Reporting.Html;

namespace Fovea.Reporting.Charts;

/// <summary>Horizontal bars from zero.</summary>
internal static class BarChart
{
    private const double Top = 6;
    private const double ClassGap = 14;
    private const int LongestLabel = 30;
    private const double ValueRoom = 64;

    public static void Render(Markup page, BarBlock block, SeriesColours colours)
    {
        foreach (var series in block.Series.Where(s => s.Values.Count != block.Classes.Count))
        {
            throw new FoveaException(
                $"report bars \"{block.Caption}\", series \"{series.Name}\": expected {block.Classes.Count} values (one per class), got {series.Values.Count}");
        }

        var thickness = block.Series.Count > 1 ? 12.0 : 16.0;
        var pitch = Math.Max(1, block.Series.Count) * (thickness + 2) + ClassGap;
        var bottom = Top + pitch * block.Classes.Count;
        var left = Math.Max(50, block.Classes.Select(c => Drawing.TextWidth(Drawing.Fit(c, LongestLabel))).DefaultIfEmpty(0).Max() + 14);
        foreach (var series in block.Series.Where(s => s.Intervals is { } i && i.Count != block.Classes.Count))
        {
            throw new FoveaException($"report bars \"{block.Caption}\", series \"{series.Name}\": expected {block.Classes.Count} intervals (one per class), got {series.Intervals!.Count}");
        }

        var ends = block.Series.SelectMany(s => s.Intervals ?? []).OfType<(double Low, double High)>().SelectMany(i => new[] { i.Low, i.High });
        var scale = AxisScale.Over(block.Series.SelectMany(s => s.Values).Concat(ends).Append(0), left, Drawing.Width - ValueRoom, 6, widen: true);
        var looks = colours.OfSeries([.. block.Series.Select(s => s.Name)]);
        Drawing.Open(page, block.Caption, [.. block.Series.Select(s => s.Name)], looks, bottom + 46,
            $"{block.Caption}: {Drawing.Title(block.Axis)} of {string.Join(", ", block.Classes)}");
        Drawing.HorizontalAxis(page, scale, block.Axis, Top, bottom);
        for (var c = 0; c < block.Classes.Count; c++)
        {
            page.Open("text", ("class", "class"), ("x", Drawing.At(left - 10)), ("y", Drawing.At(Top + pitch * (c + 0.5) + 4)), ("text-anchor", "end"))
                .Leaf("title", block.Classes[c]).Text(Drawing.Fit(block.Classes[c], LongestLabel)).Close();
            for (var s = 0; s < block.Series.Count; s++)
            {
                Bar(page, block, (c, s, looks[s]), scale, Top + pitch * c + ClassGap / 2 + s * (thickness + 2), thickness);
            }
        }

        Drawing.Line(page, "zero", scale.Of(0), Top, scale.Of(0), bottom);
        Drawing.CloseDrawing(page);

        Drawing.Close(page, Numbers(block));
    }

    private static void Bar(Markup page, BarBlock block, (int Class, int Series, int Look) at, AxisScale scale, double top, double thickness)
    {
        var value = block.Series[at.Series].Values[at.Class];
        if (!AxisScale.IsDrawable(value))
        {
            return;
        }

        var name = block.Series.Count > 1 ? $"{block.Classes[at.Class]} \u00B7 {block.Series[at.Series].Name}" : block.Classes[at.Class];

        double zero = scale.Of(0), end = scale.Of(value), middle = top + (thickness / 2);
        var interval = block.Series[at.Series].Intervals?[at.Class];
        page.Open("g", ("class", "series bar " + Drawing.Class(at.Look)), ("data-series", Drawing.At(at.Look)))
            .Leaf("title", $"{name} \u00B7 {NumberText.WithUnit(value, block.Axis)}")
            .Void("rect", ("x", Drawing.At(Math.Min(zero, end))), ("y", Drawing.At(top)), ("width", Drawing.At(Math.Abs(end - zero))),
                ("height", Drawing.At(thickness)), ("rx", "1.5"));

        if (interval is (var low, var high))
        {
            Drawing.Line(page, "interval", scale.Of(low), middle, scale.Of(high), middle);
            end = Math.Max(end, scale.Of(high));
        }

        Drawing.Label(page, NumberText.Of(value, block.Axis.Format), Math.Max(zero, end) + 7, top + thickness / 2 + 4, "start", "value");
        page.Close();
    }

    private static TableBlock Numbers(BarBlock block) => new(
        "Values", "Class", [.. block.Series.Select(s => new TableColumn(s.Name, block.Axis.Format))],
        [.. block.Classes.Select((name, c) => new TableRow(name, [.. block.Series.Select(s => s.Intervals?[c] is (var low, var high) ? new TableCell(Value: s.Values[c], Low: low, High: high) : new TableCell(Value: s.Values[c]))]))]);
}
