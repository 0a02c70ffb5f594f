using Fovea.Reporting.Documents;

namespace Fovea.Reporting.Html;

/// <summary>Where n is written: once over a column or beside a row that shares it, else in each cell.</summary>
internal sealed class SharedCounts
{
    private readonly double?[] _columns;
    private readonly double?[] _rows;

    private SharedCounts(double?[] columns, double?[] rows, bool showInCells) => (_columns, _rows, ShowInCells) = (columns, rows, showInCells);

    /// <summary>Whether cells must say their own.</summary>
    public bool ShowInCells { get; }

    public static SharedCounts Of(TableBlock block)
    {
        double?[] byColumn = [.. Enumerable.Range(0, block.Columns.Count).Select(c => Shared(block.Rows.Select(r => r.Cells[c])))];
        double?[] byRow = [.. block.Rows.Select(r => Shared(r.Cells))];
        var columnsTell = Enumerable.Range(0, block.Columns.Count).All(c => byColumn[c] is not null || block.Rows.All(r => r.Cells[c].Count is null));
        var rowsTell = block.Rows.Zip(byRow).All(p => p.Second is not null || p.First.Cells.All(c => c.Count is null));
        var columns = columnsTell && block.Rows.Count > 1;
        return new SharedCounts(
            columns ? byColumn : new double?[block.Columns.Count],
            !columns && rowsTell ? byRow : new double?[block.Rows.Count],
            !columns && !rowsTell);
    }

    public double? OfColumn(int column) => _columns[column];

    public double? OfRow(int row) => _rows[row];

    /// <summary>The one count of all cells that hold a value; null where they differ or one has none.</summary>
    private static double? Shared(IEnumerable<TableCell> cells)
    {
        double?[] counts = [.. cells.Where(c => c.Value is not null || c.Count is not null).Select(c => c.Count).Distinct()];
        return counts.Length == 1 ? counts[0] : null;
    }
}
