using Fovea.Reporting.Charts;
using Fovea.Reporting.Documents;

namespace Fovea.Reporting.Html;

/// <summary>Small drawings of intervals on one column's common scale, so that overlap is seen and not computed.</summary>
internal sealed class WhiskerColumn
{
    private const double Width = 84;
    private const double Margin = 4;

    private readonly AxisScale _scale;

    private WhiskerColumn(AxisScale scale) => _scale = scale;

    /// <summary>Null where fewer than two cells have an interval: nothing to compare.</summary>
    public static WhiskerColumn? Of(IEnumerable<TableCell> cells)
    {
        TableCell[] drawn = [.. cells.Where(HasInterval)];
        return drawn.Length < 2 ? null : new WhiskerColumn(AxisScale.Over(
            drawn.SelectMany(c => new[] { c.Value!.Value, c.Low!.Value, c.High!.Value }), Margin, Width - Margin, 5, widen: false));
    }

    public void Render(Markup page, TableCell cell)
    {
        if (!HasInterval(cell))
        {
            return;
        }

        page.Open("svg", ("class", "whisker"), ("viewBox", $"0 0 {Drawing.At(Width)} 8"), ("width", Drawing.At(Width)), ("height", "8"),
            ("aria-hidden", "true"));
        Drawing.Line(page, "track", 0, 4, Width, 4);
        Drawing.Line(page, "interval", _scale.Of(cell.Low!.Value), 4, _scale.Of(cell.High!.Value), 4);
        page.Void("circle", ("cx", Drawing.At(_scale.Of(cell.Value!.Value))), ("cy", "4"), ("r", "3.2"));
        page.Close();
    }

    private static bool HasInterval(TableCell cell) => cell is { Text: null, Value: { } v, Low: { } l, High: { } h }
        && AxisScale.IsDrawable(v) && AxisScale.IsDrawable(l) && AxisScale.IsDrawable(h);
}
