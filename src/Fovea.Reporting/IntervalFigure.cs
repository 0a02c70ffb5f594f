using Fovea.Reporting.Charts;
using Fovea.Reporting.Documents;
using Fovea.Reporting.Html;

namespace Fovea.Reporting;

/// <summary>One panel of an <see cref="IntervalFigure"/>.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Rows"><c>[classes]</c>; null where a class has no value, or no interval.</param>
public sealed record IntervalPanel(string Title, IReadOnlyList<(double? Value, double? Low, double? High)> Rows);

/// <summary>Values with intervals as an SVG file that stands by itself: one row a class, one panel with its own scale for each measure.</summary>
public static class IntervalFigure
{
    private const double PanelWidth = 210, PanelGap = 26, RowHeight = 24, Top = 56, Bottom = 34, Margin = 12;
    private const int MostTicks = 4;

    private const string Style =
        "text{font:12px "
            + "sans-serif;fill:#222}.title{font-weight:bold}.tick{fill:#666;font-size:11px}.grid{stroke:#ddd}.whisker{stroke:#2a6fb0;stroke-width:2}circle{fill:#2a6fb0}";

    /// <summary>The file's text.</summary>
    /// <param name="title">What it shows.</param>
    /// <param name="classes">Titles of the rows.</param>
    /// <param name="panels">Values of each row.</param>
    /// <exception cref="FoveaException">A panel has another number of values than there are rows.</exception>
    public static string Render(string title, IReadOnlyList<string> classes, IReadOnlyList<IntervalPanel> panels)
    {
        var left = Margin + classes.Select(Drawing.TextWidth).DefaultIfEmpty(0).Max();
        var bottom = Top + (RowHeight * classes.Count);
        var (width, height) = (left + (panels.Count * (PanelWidth + PanelGap)) + Margin, bottom + Bottom);
        var page = new Markup();
        page.Open("svg", ("xmlns", "http://www.w3.org/2000/svg"), ("viewBox", $"0 0 {Drawing.At(width)} {Drawing.At(height)}"),
            ("width", Drawing.At(width)), ("role", "img"))
            .Leaf("title", title).Leaf("style", Style).Void("rect", ("width", "100%"), ("height", "100%"), ("fill", "#fff"));
        Drawing.Label(page, title, Margin, 20, "start", "title");
        for (var row = 0; row < classes.Count; row++)
        {
            Drawing.Label(page, classes[row], left, Middle(row) + 4, "end");
        }

        foreach (var (i, panel) in panels.Index())
        {
            if (panel.Rows.Count != classes.Count)
            {
                throw new FoveaException($"figure \"{title}\", panel \"{panel.Title}\": expected {classes.Count} values (one per row), got {panel.Rows.Count}");
            }

            Panel(page, panel, left + PanelGap + (i * (PanelWidth + PanelGap)), bottom);
        }

        return page.Close().ToString() + "\n";
    }

    private static double Middle(int row) => Top + (RowHeight * (row + 0.5));

    private static void Panel(Markup page, IntervalPanel panel, double from, double bottom)
    {
        var scale = AxisScale.Over(panel.Rows.SelectMany(r => new[] { r.Value, r.Low, r.High }).Select(v => v ?? double.NaN), from, from + PanelWidth,
            MostTicks, widen: true);
        Drawing.Label(page, panel.Title, from, Top - 10, "start");
        foreach (var tick in scale.Ticks)
        {
            Drawing.Line(page, "grid", scale.Of(tick), Top, scale.Of(tick), bottom);
            Drawing.Label(page, NumberText.Tick(tick, scale.Step, NumberFormat.General), scale.Of(tick), bottom + 16, "middle", "tick");
        }

        foreach (var (row, (value, low, high)) in panel.Rows.Index().Where(r => r.Item.Value is { } v && AxisScale.IsDrawable(v)))
        {
            if (low is { } least && high is { } most)
            {
                Drawing.Line(page, "whisker", scale.Of(least), Middle(row), scale.Of(most), Middle(row));
            }

            page.Void("circle", ("cx", Drawing.At(scale.Of(value!.Value))), ("cy", Drawing.At(Middle(row))), ("r", "4"));
        }
    }
}
