using Fovea.Evaluation.Statistics;
using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Reports;

/// <summary>
/// One cell: text, or a value with its interval, count, paired difference and standard deviation between seeds; all null where there is no data.
/// </summary>
public sealed record FindingCell(
    string? Text = null, double? Value = null, double? Low = null, double? High = null, double? Count = null,
    double? Difference = null, double? DifferenceLow = null, double? DifferenceHigh = null, Tone Verdict = Tone.Neutral, double? SeedDeviation = null)
{
    /// <summary>One estimate.</summary>
    public static FindingCell Of(Estimate e) => new(Value: e.Value, Low: e.Low, High: e.High, Count: e.Count, SeedDeviation: e.SeedDeviation);

    /// <summary>The same with its difference to a baseline, judged.</summary>
    public FindingCell Against(Estimate difference, NumberFormat style, bool? higherIsBetter)
    {
        var cell = this with { Difference = difference.Value, DifferenceLow = difference.Low, DifferenceHigh = difference.High };
        return cell with { Verdict = FindingNumbers.Judge(cell, style, higherIsBetter) };
    }

    /// <summary>Its text, or its numbers by name; null without either.</summary>
    public JsonNode? ToJson()
    {
        if (Text is not null)
        {
            return Text;
        }

        if (Value is null)
        {
            return null;
        }

        var json = new JsonObject { ["value"] = Value };
        foreach (var (key, value) in new[]
        {
            ("low", Low), ("high", High), ("n", Count),
            ("seed_deviation", SeedDeviation),
            ("difference", Difference), ("difference_low", DifferenceLow), ("difference_high", DifferenceHigh),
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

/// <summary>One column; <paramref name="HigherIsBetter"/> is null where there is no better.</summary>
public sealed record FindingColumn(string Key, string Title, NumberFormat Style = NumberFormat.Ratio, bool? HigherIsBetter = null);

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
