using Fovea.Reporting.Documents;

namespace Fovea.Reporting.Charts;

/// <summary>
/// One look (colour, dash and marker) a name throughout a document, so that a method is recognised from chart to chart.
/// Looks are numbered by first appearance.
/// </summary>
internal sealed class SeriesColours
{
    private readonly Dictionary<string, int> _series = new(StringComparer.Ordinal);

    public SeriesColours(ReportDocument document)
    {
        foreach (var block in document.Sections.SelectMany(s => s.Blocks))
        {
            foreach (var name in block switch
            {
                CurveBlock { Series.Count: > 1 } curves => curves.Series.Select(s => s.Name),
                BarBlock { Series.Count: > 1 } bars => bars.Series.Select(s => s.Name),
                _ => [],
            })
            {
                _series.TryAdd(name, _series.Count);
            }
        }
    }

    /// <summary>Looks of one chart's series, no two alike: <c>[series]</c>.</summary>
    public int[] OfSeries(IReadOnlyList<string> names)
    {
        int[] looks = [.. names.Select(n => _series.GetValueOrDefault(n))];
        // Many names in the document, or two series of one name: tell this chart's series apart rather than match other charts.
        return looks.Select(Drawing.Class).Distinct(StringComparer.Ordinal).Count() == looks.Length ? looks : [.. Enumerable.Range(0, names.Count)];
    }
}
