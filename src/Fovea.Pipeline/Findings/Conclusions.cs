using Fovea.Pipeline.Reports;
using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Findings;

/// <summary>What a run found, in words. Made by rules from the tables' cells and nothing else, so that no sentence can say what a table does not.</summary>
/// <param name="Warning">Which models do not see yet, and how that was measured; null where all do, or where it was not measured.</param>
/// <param name="Sentences">One finding each, the most important first.</param>
public sealed record Conclusions(string? Warning, IReadOnlyList<string> Sentences)
{
    /// <summary>Warning and sentences for the JSON document, beside the metrics.</summary>
    public JsonObject ToJson() => new() { ["warning"] = Warning, ["sentences"] = new JsonArray([.. Sentences.Select(s => (JsonNode)s)]) };
}

/// <summary>Cells of a run's tables by name, and the phrases that several rules share.</summary>
public sealed class Evidence(IReadOnlyList<FindingTable> tables)
{
    /// <summary>One table; null where the run did not make it.</summary>
    public FindingTable? Table(string key) => tables.FirstOrDefault(t => t.Key == key);

    /// <summary>One cell with a value; null without.</summary>
    public FindingCell? Cell(string table, string row, string column)
    {
        var found = Table(table);
        var index = found?.Columns.ToList().FindIndex(c => c.Key == column) ?? -1;
        return index < 0 ? null : found!.Rows.FirstOrDefault(r => r.Key == row)?.Cells[index] is { Value: not null } cell ? cell : null;
    }

    /// <summary>All compared metrics of one row in words: what is better, what is worse, what is undecided; null where the row compares nothing.</summary>
    public string? Compare(string table, string row, Func<FindingColumn, bool>? which = null)
    {
        if (Table(table) is not { } found || found.Rows.FirstOrDefault(r => r.Key == row) is not { } cells)
        {
            return null;
        }

        var compared = found.Columns.Zip(cells.Cells).Where(
            p => p.Second.Difference is not null && p.First.HigherIsBetter is not null && which?.Invoke(p.First) != false).ToArray();
        if (compared.Length == 0)
        {
            return null;
        }

        string? Part(Tone verdict, string name)
        {
            var some = compared.Where(p => p.Second.Verdict == verdict).Select(p => Named(p.First, p.Second)).ToArray();
            return some.Length == 0 ? null : $"{name} in {And(some)}";
        }

        var undecided = compared.Where(p => p.Second.Verdict == Tone.Neutral).ToArray();
        string?[] parts =
        [
            Part(Tone.Better, "better"), Part(Tone.Worse, "worse"),
            undecided.Length == 0 ? null
                : $"no clear difference "
                    + $"in {And([.. undecided.Select(p => undecided.Length == compared.Length && FindingNumbers.Difference(p.Second, p.First.Style) != FindingNumbers.NoDifference ? Named(p.First, p.Second) : p.First.Title)])}",
        ];
        return string.Join("; ", parts.OfType<string>());
    }

    /// <summary>"a, b and c".</summary>
    public static string And(IReadOnlyList<string> parts) =>
        parts.Count < 2 ? string.Concat(parts) : $"{string.Join(", ", parts.SkipLast(1))} and {parts[^1]}";

    /// <summary>What differences of a column are counted in.</summary>
    public static string UnitOf(FindingColumn column) => column.Style == NumberFormat.Percent ? "points" : "nats";

    private static string Named(FindingColumn column, FindingCell cell) => $"{column.Title} ({FindingNumbers.Difference(cell, column.Style, UnitOf(column))})";
}
