using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Reports;

/// <summary>Findings as figures: bars with their intervals.</summary>
public static class ReportFigures
{
    private const int MostBars = 80;

    /// <summary>
    /// A figure for each way of writing numbers in a table: bars by row, a series a column; of one row, bars by column. None where there is a single number, or so many that bars say
    /// nothing.
    /// </summary>
    public static IEnumerable<ReportBlock> Of(FindingTable table)
    {
        foreach (var columns in table.Columns.Index().GroupBy(c => c.Item.Style))
        {
            int[] at = [.. columns.Select(c => c.Index).Where(i => table.Rows.Any(r => r.Cells[i].Value is not null))];
            FindingRow[] rows = [.. table.Rows.Where(r => at.Any(i => r.Cells[i].Value is not null))];
            if (at.Length * rows.Length is < 2 or > MostBars)
            {
                continue;
            }

            var axis = new ChartAxis(at.Length == 1 ? table.Columns[at[0]].Title : "value", null, columns.Key);
            yield return rows.Length == 1
                ? new BarBlock(table.Title, axis, [.. at.Select(i => table.Columns[i].Title)], [Series("value", [.. at.Select(i => rows[0].Cells[i])])])
                : new BarBlock(table.Title, axis, [.. rows.Select(r => r.Title)], [.. at.Select(i => Series(table.Columns[i].Title, [.. rows.Select(r => r.Cells[i])]))]);
        }
    }

    private static BarSeries Series(string name, FindingCell[] cells) => new(name, [.. cells.Select(c => c.Value ?? double.NaN)])
    {
        Intervals = [.. cells.Select(c => c is { Low: { } low, High: { } high } ? (low, high) : ((double, double)?)null)],
    };
}
