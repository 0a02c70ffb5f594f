using Fovea.Pipeline.Reports;

namespace Fovea.Pipeline.Findings;

/// <summary>All that a run found.</summary>
/// <param name="Title">The run's title.</param>
/// <param name="Tables">The numbers.</param>
/// <param name="Conclusions">The same in words.</param>
/// <param name="HowToRead">Which models and methods the tables compare, and what intervals hold; said once.</param>
public sealed record RunFindings(string Title, IReadOnlyList<FindingTable> Tables, Conclusions Conclusions, string HowToRead)
{
    /// <summary>Numbers only: no time, no path. Table -> row -> column -> value, interval, n and difference.</summary>
    public JsonObject ToJson()
    {
        var tables = new JsonObject();
        foreach (var table in Tables)
        {
            var rows = new JsonObject();
            foreach (var row in table.Rows)
            {
                var cells = new JsonObject();
                for (var i = 0; i < row.Cells.Count; i++)
                {
                    cells[table.Columns[i].Key] = row.Cells[i].ToJson();
                }

                rows[row.Key] = cells;
            }

            tables[table.Key] = rows;
        }

        return tables;
    }
}
