using Fovea.Reporting.Documents;
using Fovea.Reporting.Html;

namespace Fovea.Reporting.Charts;

/// <summary>What all charts share: the frame around them, legends, coordinates, shapes.</summary>
internal static class Drawing
{
    /// <summary>Width of a chart in its own units; it scales with the page.</summary>
    public const double Width = 760;

    /// <summary>Number of colours; further series repeat them with dashes.</summary>
    public const int Colours = 7;

    /// <summary>Width of a text of the charts' size, generously.</summary>
    public static double TextWidth(string text) => text.Length * 6.6;

    /// <summary>A coordinate with at most two decimals.</summary>
    public static string At(double position)
    {
        var text = position.ToString("0.##", CultureInfo.InvariantCulture);
        return text == "-0" ? "0" : text;
    }

    /// <summary>Style class of a look's colour (and dashes).</summary>
    public static string Class(int look) => string.Create(CultureInfo.InvariantCulture, $"c{look % Colours}{(look / Colours % 2 == 1 ? " dashed" : "")}");

    /// <summary>Opens a figure with its caption and legend, then the drawing.</summary>
    public static void Open(Markup page, string caption, IReadOnlyList<string> legend, int[] looks, double height, string description)
    {
        page.Open("figure", ("class", "block chart")).Leaf("figcaption", caption);
        if (legend.Count > 1)
        {
            page.Open("div", ("class", "legend"));
            for (var i = 0; i < legend.Count; i++)
            {
                page.Open("button", ("type", "button"), ("class", "chip"), ("data-series", At(looks[i])), ("aria-pressed", "true"))
                    .Open("svg", ("viewBox", "0 0 26 12"), ("class", Class(looks[i])), ("aria-hidden", "true"))
                    .Void("path", ("class", "line"), ("d", "M1 6H25"));
                Marker(page, looks[i], 13, 6, 3.6);
                page.Close().Leaf("span", legend[i]).Close();
            }

            page.Close();
        }

        page.Open("div", ("class", "canvas"))
            .Open("svg", ("viewBox", $"0 0 {At(Width)} {At(height)}"), ("role", "img"), ("aria-label", description));
    }

    /// <summary>Closes the drawing; the note and <see cref="Close"/> follow.</summary>
    public static void CloseDrawing(Markup page) => page.Close().Close();

    /// <summary>The numbers behind the drawing, folded away, then the figure's end.</summary>
    public static void Close(Markup page, TableBlock numbers)
    {
        page.Open("details", ("class", "numbers")).Leaf("summary", "Numbers");
        TableRenderer.Render(page, numbers);
        page.Close().Close();
    }

    /// <summary>The marker of a look: shape as well as colour tells series apart.</summary>
    public static void Marker(Markup page, int look, double x, double y, double radius)
    {
        var r = radius;
        switch (look % 4)
        {
            case 0: page.Void("circle", ("class", "mark"), ("cx", At(x)), ("cy", At(y)), ("r", At(r))); break;
            case 1: page.Void("path", ("class", "mark"), ("d", $"M{At(x - r)} {At(y - r)}h{At(2 * r)}v{At(2 * r)}h{At(-2 * r)}z")); break;
            case 2: page.Void("path", ("class", "mark"), ("d", $"M{At(x)} {At(y - 1.2 * r)}l{At(1.2 * r)} {At(2.1 * r)}h{At(-2.4 * r)}z")); break;
            default:
                page.Void("path", ("class", "mark"), ("d",
                $"M{At(x)} {At(y - 1.3 * r)}l{At(1.3 * r)} {At(1.3 * r)}l{At(-1.3 * r)} {At(1.3 * r)}l{At(-1.3 * r)} {At(-1.3 * r)}z")); break;
        }
    }

    public static void Line(Markup page, string style, double x1, double y1, double x2, double y2) =>
        page.Void("line", ("class", style), ("x1", At(x1)), ("y1", At(y1)), ("x2", At(x2)), ("y2", At(y2)));

    /// <summary>A text; <paramref name="anchor"/> is start, middle or end.</summary>
    public static void Label(Markup page, string text, double x, double y, string anchor, string? style = null) =>
        page.Leaf("text", text, ("class", style), ("x", At(x)), ("y", At(y)), ("text-anchor", anchor));

    /// <summary>Vertical grid lines with their numbers beneath, and the axis' title.</summary>
    public static void HorizontalAxis(Markup page, AxisScale scale, ChartAxis axis, double top, double bottom)
    {
        foreach (var tick in scale.Ticks)
        {
            var x = scale.Of(tick);
            Line(page, Math.Abs(tick) < scale.Step * 1e-6 ? "zero" : "grid", x, top, x, bottom);
            Label(page, NumberText.Tick(tick, scale.Step, axis.Format), x, bottom + 17, "middle", "tick");
        }

        Label(page, Title(axis), scale.Of(scale.High), bottom + 36, "end", "axis");
    }

    /// <summary>"VIG (nats)".</summary>
    public static string Title(ChartAxis axis) => axis.Unit is { Length: > 0 } unit ? $"{axis.Title} ({unit})" : axis.Title;

    /// <summary>Cuts a label that would not fit; the whole is shown on hover.</summary>
    public static string Fit(string text, int most) => text.Length <= most ? text : string.Concat(text.AsSpan(0, most - 1), "\u2026");
}
