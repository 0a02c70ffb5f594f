using Fovea.Evaluation.Comparison;
using Fovea.Pipeline.Reports;
using Fovea.Pipeline.Stages;
using Fovea.Reporting;
using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Findings;

/// <summary>Models compared by their outcomes: a table, the document of <c>--json</c>, and a page.</summary>
public sealed class ComparedAnswers
{
    private const double SmallestP = 0.001, Level = 0.05;
    private readonly IReadOnlyList<OutcomeDifference> _differences;
    private readonly string _baseline;

    /// <summary>Of differences.</summary>
    /// <param name="differences">All that were tested together.</param>
    /// <param name="baseline">Name of the model that the others are compared with.</param>
    public ComparedAnswers(IReadOnlyList<OutcomeDifference> differences, string baseline) => (_differences, _baseline) = (differences, baseline);

    /// <summary>One table for each way of writing numbers: shares, and points.</summary>
    public IEnumerable<FindingTable> Tables() => _differences.GroupBy(d => StyleOf(d)).Select(group => new FindingTable(
        group.Key == NumberFormat.Percent ? "shares" : "points", $"Compared with {_baseline}", Note(),
        [
            new("value", "value", group.Key), new("baseline", _baseline, group.Key), new("difference", "difference", group.Key), new("p", "p"),
            new("holm_p", "Holm p"), new("smallest", "smallest difference", group.Key), new("test", "test over"),
        ],
        [.. group.Select(d => new FindingRow($"{d.Benchmark}/{d.Metric.Name}/{d.Model}", $"{d.Benchmark} {d.Metric.Name}: {d.Model}",
        [
            FindingCell.Of(d.Value), FindingCell.Of(d.Baseline),
            new FindingCell(Value: d.Test?.Mean, Low: d.Test?.Low, High: d.Test?.High, Verdict: Verdict(d)),
            new FindingCell(Text: P(d.Test?.P)), new FindingCell(Text: P(d.AdjustedP)), new FindingCell(Value: d.Test?.Detectable),
            new FindingCell(Text: Over(d)),
        ]))]));

    /// <summary>Every comparison with all its numbers.</summary>
    /// <param name="paths">The path of each model's outcomes, the baseline's first.</param>
    public JsonObject Document(IReadOnlyList<KeyValuePair<string, string>> paths) => new()
    {
        ["comparisons"] = new JsonArray([.. _differences.Select(d => (JsonNode)new JsonObject
        {
            ["benchmark"] = d.Benchmark,
            ["metric"] = d.Metric.Name,
            ["model"] = d.Model,
            ["baseline"] = _baseline,
            ["value"] = FindingCell.Of(d.Value).ToJson(),
            ["baseline_value"] = FindingCell.Of(d.Baseline).ToJson(),
            ["difference"] = d.Test?.Mean,
            ["low"] = d.Test?.Low,
            ["high"] = d.Test?.High,
            ["p"] = d.Test?.P,
            ["holm_p"] = d.AdjustedP,
            ["smallest_difference"] = d.Test?.Detectable,
            ["test"] = d.IsMcNemar ? "mcnemar_exact" : "clustered_t",
            ["unit"] = d.IsMcNemar ? "question" : d.Unit,
            ["pairs"] = d.Test?.Pairs,
            ["only_model_right"] = d.Better,
            ["only_baseline_right"] = d.Worse,
            ["unjudged"] = d.Unjudged,
        })]),
        ["run"] = new JsonObject
        {
            ["models"] = new JsonObject(paths.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))),
            ["note"] = Note(),
            ["versions"] = JsonSerializer.SerializeToNode(BuildVersions.All()),
        },
    };

    /// <summary>Writes the tables as a page of their own.</summary>
    public void WritePage(string path, IReadOnlyList<KeyValuePair<string, string>> paths) => HtmlReport.Write(path, new ReportDocument(
        $"{string.Join(", ", paths.Skip(1).Select(p => p.Key))} compared with {_baseline}", "Paired by question, from the outcomes of scored answers.",
        [new ReportSection("Differences", null, [.. Tables().SelectMany(t => (ReportBlock[])[ReportTables.Block(t), .. ReportFigures.Of(t)])])],
        [.. paths.Select(p => new KeyValue("outcomes of " + p.Key, p.Value)), .. BuildVersions.All().Select(v => new KeyValue(v.Key, v.Value))], null));

    private string Note() => "In brackets: 95 % intervals over what was sampled, not over questions. p: McNemar's exact test where each question stands alone, else a t test over "
        + $"clusters. Holm p: adjusted over {(_differences.Count == 1 ? "this one comparison" : $"these {_differences.Count} comparisons")}. Smallest difference: the true one that would have been "
        + "shown with probability 0.8, at Holm's strictest level."
        + string.Concat(_differences.Where(d => d.Unjudged > 0).Select(d => $" {d.Benchmark}, {d.Model}: {d.Unjudged} unjudged questions left out of both."));

    private static Tone Verdict(OutcomeDifference d) => d is { AdjustedP: < Level, Metric.HigherIsBetter: { } up, Test.Mean: not 0 and var mean }
        ? (mean > 0) == up ? Tone.Better : Tone.Worse : Tone.Neutral;

    private static string Over(OutcomeDifference d) => d.IsMcNemar ? $"{d.Test!.Pairs} questions ({d.Better} : {d.Worse})"
        : d.Test is null ? FindingNumbers.Missing : $"{d.Test.Pairs} clusters ({d.Unit})";

    private static NumberFormat StyleOf(OutcomeDifference d) => d.Metric.Scale == 1 ? NumberFormat.Percent : NumberFormat.TwoDecimals;

    private static string P(double? p) => p is null ? FindingNumbers.Missing : p < SmallestP ? "< 0.001" : FindingNumbers.Of(p, NumberFormat.Ratio);
}
