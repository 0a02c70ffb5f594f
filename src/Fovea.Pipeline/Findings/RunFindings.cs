using System.Text.Json.Nodes;

namespace Fovea.Pipeline.Findings;

/// <summary>How a number is written.</summary>
public enum NumberStyle
{
    /// <summary>Three decimals.</summary>
    Ratio,

    /// <summary>Per cent, one decimal.</summary>
    Percent,

    /// <summary>Whole number with separators.</summary>
    Count,
}

/// <summary>Whether a difference to the baseline is an improvement beyond its interval.</summary>
public enum Verdict
{
    /// <summary>No baseline, or the interval holds zero.</summary>
    None,

    /// <summary>Better, and the interval of the paired difference does not contain zero.</summary>
    Better,

    /// <summary>Worse, likewise.</summary>
    Worse,
}

/// <summary>One cell: text, or a value with its interval, count, paired difference and standard deviation between seeds; all null where there is no data.</summary>
public sealed record FindingCell(
    string? Text = null, double? Value = null, double? Low = null, double? High = null, double? Count = null,
    double? Difference = null, double? DifferenceLow = null, double? DifferenceHigh = null, Verdict Verdict = Verdict.None, double? SeedDeviation = null);

/// <summary>One column; <paramref name="HigherIsBetter"/> is null where there is no better.</summary>
public sealed record FindingColumn(string Key, string Title, NumberStyle Style = NumberStyle.Ratio, bool? HigherIsBetter = null);

/// <summary>One row.</summary>
public sealed record FindingRow(string Key, string Title, IReadOnlyList<FindingCell> Cells);

/// <summary>One table of measured numbers. The terminal, the JSON document and the report all show this and nothing else.</summary>
/// <param name="Key">Its name in JSON.</param>
/// <param name="Title">What it shows.</param>
/// <param name="Note">What n, seeds and intervals are.</param>
/// <param name="Columns">Columns after the row's title.</param>
/// <param name="Rows">Rows.</param>
/// <param name="InSummary">Whether the terminal shows it too.</param>
public sealed record FindingTable(
    string Key, string Title, string Note, IReadOnlyList<FindingColumn> Columns, IReadOnlyList<FindingRow> Rows, bool InSummary = true);

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
                    cells[table.Columns[i].Key] = ToJson(row.Cells[i]);
                }

                rows[row.Key] = cells;
            }

            tables[table.Key] = rows;
        }

        return tables;
    }

    private static JsonNode? ToJson(FindingCell cell)
    {
        if (cell.Text is not null)
        {
            return cell.Text;
        }

        if (cell.Value is null)
        {
            return null;
        }

        var json = new JsonObject { ["value"] = cell.Value };
        foreach (var (key, value) in new[]
        {
            ("low", cell.Low), ("high", cell.High), ("n", cell.Count),
            ("seed_deviation", cell.SeedDeviation),
            ("difference", cell.Difference), ("difference_low", cell.DifferenceLow), ("difference_high", cell.DifferenceHigh),
        })
        {
            if (value is { } number)
            {
                json[key] = number;
            }
        }

        return json;
    }
}
