using Fovea.Reporting.Documents;

namespace Fovea.Reporting.Charts;

/// <summary>
/// One look (colour, dash and marker) a name throughout a document, so that a method is recognised from chart to chart.
/// Looks are numbered by first appearance.
/// </summary>
internal sealed class SeriesColours
{
    private readonly Dictionary<string, int> _series = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _groups = new(StringComparer.Ordinal);

    public SeriesColours(ReportDocument document)
    {
        foreach (var block in document.Sections.SelectMany(s => s.Blocks))
        {
            switch (block)
            {
                case CurveBlock { Series.Count: > 1 } curves: Number(_series, curves.Series.Select(s => s.Name)); break;
                case BarBlock { Series.Count: > 1 } bars: Number(_series, bars.Series.Select(s => s.Name)); break;
                case DistributionBlock distributions: Number(_groups, distributions.Classes.Select(c => c.Group).OfType<string>()); break;
            }
        }
    }

    /// <summary>Looks of one chart's series, no two alike: <c>[series]</c>.</summary>
    public int[] OfSeries(IEnumerable<string> names) => Looks(_series, [.. names]);

    /// <summary>Looks of one chart's groups, no two alike: <c>[groups]</c>.</summary>
    public int[] OfGroups(IEnumerable<string> names) => Looks(_groups, [.. names]);

    private static int[] Looks(Dictionary<string, int> numbers, string[] names)
    {
        int[] looks = [.. names.Select(n => numbers.GetValueOrDefault(n))];
        // Many names in the document, or two series of one name: tell this chart's series apart rather than match other charts.
        return looks.Select(Drawing.Class).Distinct(StringComparer.Ordinal).Count() == looks.Length ? looks : [.. Enumerable.Range(0, names.Length)];
    }

    private static void Number(Dictionary<string, int> numbers, IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            numbers.TryAdd(name, numbers.Count);
        }
    }
}
