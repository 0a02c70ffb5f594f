using Fovea.Evaluation.Answers;
using Fovea.Evaluation.Answers.Outcomes;
using Fovea.Evaluation.Statistics;
using Fovea.Pipeline.Reports;
using Fovea.Pipeline.Stages;
using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Findings;

/// <summary>Scored answer files for people and programs: tables with intervals, and the document of <c>--json</c>, from one set of estimates.</summary>
public sealed class AnswerFindings
{
    private readonly AnswerScore _score;
    private readonly IReadOnlyList<(OutcomeMetric Metric, Estimate Estimate)> _estimates;

    /// <summary>Makes the intervals.</summary>
    /// <param name="score">What was scored.</param>
    public AnswerFindings(AnswerScore score) => (_score, _estimates) = (score, score.Outcomes.Estimates());

    /// <summary>
    /// The benchmark's own keys; below <c>metrics</c> every metric with its interval and count; below <c>run</c> what was scored and by which rule.
    /// </summary>
    /// <param name="sources">What was read.</param>
    public JsonObject Document(AnswerSources sources)
    {
        var outcomes = _score.Outcomes;
        var document = _score.Document.DeepClone().AsObject();
        document["metrics"] = new JsonObject(_estimates.Select(e => KeyValuePair.Create(e.Metric.Name, FindingCell.Of(e.Estimate).ToJson())));
        document["run"] = new JsonObject
        {
            ["benchmark"] = outcomes.Benchmark,
            ["parser"] = outcomes.Parser.Length == 0 ? null : outcomes.Parser,
            ["unit"] = outcomes.Unit,
            ["questions"] = outcomes.Questions.Count,
            ["clusters"] = Clusters,
            ["inputs"] = new JsonObject(sources.Paths.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))),
            ["notes"] = new JsonArray([.. _score.Notes.Select(n => (JsonNode)n)]),
            ["versions"] = JsonSerializer.SerializeToNode(BuildVersions.All()),
        };
        return document;
    }

    /// <summary>The same as tables: metrics of the whole, and metrics by group (<c>f1/random</c>) with a row for each group.</summary>
    public IEnumerable<FindingTable> Tables()
    {
        var columns = _estimates.Where(e => Group(e.Metric) is not null).Select(e => Column(e.Metric)).Distinct().ToArray();
        var whole = _estimates.Where(e => Group(e.Metric) is null && !columns.Contains(e.Metric.Name)).ToArray();
        var outcomes = _score.Outcomes;
        var title = outcomes.Parser.Length == 0 ? outcomes.Benchmark : $"{outcomes.Benchmark}, answers read as {outcomes.Parser} does";
        var note = $"{outcomes.Questions.Count} questions. In brackets: 95 % intervals over {Clusters} clusters (unit: {outcomes.Unit}). "
            + string.Join(' ', _score.Notes);
        if (whole.Length > 0)
        {
            yield return new FindingTable("whole", title, columns.Length > 0 ? "" : note, [.. whole.Select(e => ColumnOf(e.Metric.Name, e.Metric))],
                [new FindingRow("", "", [.. whole.Select(e => FindingCell.Of(e.Estimate))])]);
        }

        if (columns.Length > 0)
        {
            var rows = _estimates.Where(e => columns.Contains(Column(e.Metric))).GroupBy(e => Group(e.Metric) ?? "overall");
            yield return new FindingTable("groups", title, note,
                [.. columns.Select(c => ColumnOf(c, _estimates.First(e => Column(e.Metric) == c).Metric))],
                [.. rows.Select(r => new FindingRow(r.Key, r.Key, [.. columns.Select(c => r.FirstOrDefault(e => Column(e.Metric) == c) is { Metric: not null } e
                    ? FindingCell.Of(e.Estimate) : new FindingCell())]))]);
        }
    }

    private int Clusters => _score.Outcomes.Questions.Select(q => q.Cluster).Distinct().Count();

    private static FindingColumn ColumnOf(string name, OutcomeMetric metric) =>
        new(name, name, metric.Scale == 1 ? NumberFormat.Percent : NumberFormat.TwoDecimals, metric.HigherIsBetter);

    private static string Column(OutcomeMetric metric) => metric.Name.Split('/')[0];

    private static string? Group(OutcomeMetric metric) => metric.Name.IndexOf('/', StringComparison.Ordinal) is > 0 and var at ? metric.Name[(at + 1)..] : null;
}
