using Fovea.Reporting.Charts;
using Fovea.Reporting.Documents;

namespace Fovea.Reporting.Html;

/// <summary>Picks the renderer of a block, and renders the small ones.</summary>
internal static class BlockRenderer
{
    public static void Render(Markup page, ReportBlock block, SeriesColours colours)
    {
        switch (block)
        {
            case ProseBlock prose: Prose(page, prose); break;
            case ListBlock list: List(page, list); break;

            case TableBlock table: TableRenderer.Render(page, table); break;
            case CurveBlock curves: CurveChart.Render(page, curves, colours); break;
            case DistributionBlock distributions: DistributionChart.Render(page, distributions); break;
            case BarBlock bars: BarChart.Render(page, bars, colours); break;
            case HeatmapTextBlock heatmap: HeatmapTextRenderer.Render(page, heatmap); break;

            default: throw new NotSupportedException($"no renderer for {block.GetType().Name}");
        }
    }

    public static void Note(Markup page, params ReadOnlySpan<string?> sentences)
    {
        var text = string.Join(' ', sentences.ToArray().Where(s => !string.IsNullOrWhiteSpace(s)));
        if (text.Length > 0)
        {
            page.Leaf("p", text, ("class", "note"));
        }
    }

    private static void Prose(Markup page, ProseBlock block)
    {
        foreach (var paragraph in block.Paragraphs)
        {
            page.Leaf("p", paragraph, ("class", "prose"));
        }
    }

    private static void List(Markup page, ListBlock block)
    {
        page.Open("ul", ("class", "findings"));
        foreach (var item in block.Items)
        {
            page.Leaf("li", item);
        }

        page.Close();
    }
}
