using System.Text;
using Fovea.Reporting.Documents;
using Fovea.Reporting.Html;

namespace Fovea.Reporting.Charts;

/// <summary>Line charts.</summary>
internal static class CurveChart
{
    private const double Height = 330;
    private const double Top = 30;
    private const double Bottom = Height - 46;
    private const int MostHoverPoints = 60;
    private const int MostMarkers = 24;

    public static void Render(Markup page, CurveBlock block, SeriesColours colours)
    {
        foreach (var series in block.Series.Where(s => s.Y.Count != s.X.Count))
        {
            throw new FoveaException($"report curve \"{block.Caption}\", series \"{series.Name}\": expected {series.X.Count} values in y (as in x), "
                + $"got {series.Y.Count}");
        }

        var y = AxisScale.Over(block.Series.SelectMany(s => s.Y), Bottom, Top, 5, widen: true);
        var left = 14 + y.Ticks.Max(t => Drawing.TextWidth(NumberText.Tick(t, y.Step, block.Y.Format)));
        var x = AxisScale.Over(block.Series.SelectMany(s => s.X), left, Drawing.Width - 18, 8, widen: false);
        var looks = colours.OfSeries([.. block.Series.Select(s => s.Name)]);
        Drawing.Open(page, block.Caption, [.. block.Series.Select(s => s.Name)], looks, Height,
            $"{block.Caption}: {Drawing.Title(block.Y)} by {Drawing.Title(block.X)}; {string.Join(", ", block.Series.Select(s => s.Name))}");
        Axes(page, block, x, y, left);
        for (var i = 0; i < block.Series.Count; i++)
        {
            Series(page, block, block.Series[i], looks[i], x, y);
        }

        Drawing.CloseDrawing(page);

        Drawing.Close(page, Numbers(block));
    }

    private static void Axes(Markup page, CurveBlock block, AxisScale x, AxisScale y, double left)
    {
        foreach (var tick in y.Ticks)
        {
            Drawing.Line(page, tick == 0 ? "zero" : "grid", left, y.Of(tick), Drawing.Width - 18, y.Of(tick));
            Drawing.Label(page, NumberText.Tick(tick, y.Step, block.Y.Format), left - 8, y.Of(tick) + 4, "end", "tick");
        }

        foreach (var tick in x.Ticks)
        {
            Drawing.Line(page, "zero", x.Of(tick), Bottom, x.Of(tick), Bottom + 4);
            Drawing.Label(page, NumberText.Tick(tick, x.Step, block.X.Format), x.Of(tick), Bottom + 18, "middle", "tick");
        }

        Drawing.Label(page, Drawing.Title(block.Y), 0, 13, "start", "axis");
        Drawing.Label(page, Drawing.Title(block.X), Drawing.Width - 18, Height - 8, "end", "axis");
    }

    private static void Series(Markup page, CurveBlock block, CurveSeries series, int look, AxisScale x, AxisScale y)
    {
        page.Open("g", ("class", "series " + Drawing.Class(look)), ("data-series", Drawing.At(look)));
        var drawn = Polyline.Indices(series.Y);
        bool Gap(int i) => !AxisScale.IsDrawable(series.X[i]) || !AxisScale.IsDrawable(series.Y[i]);

        var path = new StringBuilder();
        foreach (var run in Polyline.Runs(drawn, Gap))
        {
            foreach (var i in run)
            {
                path.Append(i == run[0] ? 'M' : 'L').Append(Drawing.At(x.Of(series.X[i]))).Append(' ').Append(Drawing.At(y.Of(series.Y[i])));
            }

            if (run.Count == 1)
            {
                Drawing.Marker(page, look, x.Of(series.X[run[0]]), y.Of(series.Y[run[0]]), 3.6);
            }
        }

        page.Void("path", ("class", "line"), ("d", path.Length > 0 ? path.ToString() : null));
        int[] points = [.. drawn.Where(i => !Gap(i))];
        foreach (var i in Polyline.Thinned(points, block.Series.Count > 1 ? MostMarkers : 0))
        {
            Drawing.Marker(page, look, x.Of(series.X[i]), y.Of(series.Y[i]), 3.2);
        }

        foreach (var i in Polyline.Thinned(points, MostHoverPoints))
        {
            page.Open("circle", ("class", "hit"), ("cx", Drawing.At(x.Of(series.X[i]))), ("cy", Drawing.At(y.Of(series.Y[i]))), ("r", "7"))
                .Leaf("title", Tip(block, series, i)).Close();
        }

        page.Close();
    }

    private static string Tip(CurveBlock block, CurveSeries series, int i) =>
        $"{series.Name} \u00B7 {block.X.Title} {NumberText.WithUnit(series.X[i], block.X)} \u00B7 {NumberText.WithUnit(series.Y[i], block.Y)}";

    private static TableBlock Numbers(CurveBlock block) => new(
        "Last points", "Series",
        [new("Points", NumberFormat.Count), new(Drawing.Title(block.X), block.X.Format), new(Drawing.Title(block.Y), block.Y.Format)],
        [.. block.Series.Select(
            s => new TableRow(s.Name, s.Y.Count == 0 ? [new(Value: 0), new(), new()] : [new(Value: s.Y.Count), new(Value: s.X[^1]), new(Value: s.Y[^1])]))]);
}
