using Fovea.Pipeline.Reports;
using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Findings;

/// <summary>The report of one evaluation, alone or beside another.</summary>
public static class EvaluationReport
{
    /// <summary>Tables of all metrics, differences first in words where there is a baseline.</summary>
    public static ReportDocument Of(string folder, StageManifest manifest, string? baseline)
    {
        var tables = EvaluationTables.Of(folder, baseline);
        var sections = new List<ReportSection>();
        if (baseline is not null)
        {
            sections.Add(new ReportSection("Findings", null, [new ListBlock(Differences(tables))]));
        }

        sections.Add(new ReportSection("Metrics", "Brackets are 95 % bootstrap intervals over units; n counts what a metric is taken over.", [.. tables.Select(ReportTables.Block)]));
        var model = (string?)manifest.Config["model"] ?? "";
        return new ReportDocument(
            $"Evaluation of {ReportProvenance.NameOf(model)}", $"{model} on {(string?)manifest.Config["scenes"] ?? "held-out captions"}{(baseline is null ? "" : $", compared with {baseline}")}.", sections, ReportProvenance.Of(manifest));
    }

    private static string[] Differences(IReadOnlyList<FindingTable> tables)
    {
        string Line(Verdict verdict, string name)
        {
            var found = tables.SelectMany(t => t.Rows.Where(r => r.Cells[0].Verdict == verdict).Select(r =>
                $"{MetricTitles.Of(r.Key)} {FindingNumbers.Difference(r.Cells[0], t.Columns[0].Style, Evidence.UnitOf(t.Columns[0]))}")).ToArray();
            return found.Length == 0 ? $"{name}: nothing beyond its interval." : $"{name}: {string.Join("; ", found)}.";
        }

        return [Line(Verdict.Better, "Better than the baseline"), Line(Verdict.Worse, "Worse than the baseline")];
    }
}
