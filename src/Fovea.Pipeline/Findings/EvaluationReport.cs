using Fovea.Data.Scenes;
using Fovea.Pipeline.Reports;
using Fovea.Pipeline.Stages;
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

        sections.Add(new ReportSection("Metrics", "Brackets are 95 % intervals over units; n counts what a metric is taken over.",
            [.. tables.Select(ReportTables.Block)]));
        ReportBlock[] figures = [.. tables.SelectMany(ReportFigures.Of)];
        if (figures.Length > 0)
        {
            sections.Add(new ReportSection("Figures", "Bars with their 95 % intervals.", figures));
        }

        var model = (string?)manifest.Config["model"] ?? "";
        var what = StageCatalog.TitleOf(manifest.Kind);
        var on = (string?)manifest.Config["scenes"] ?? (string?)manifest.Config["questions"] ?? "given texts";
        return new ReportDocument(
            model.Length > 0 ? $"Evaluation of {ReportProvenance.NameOf(model)}" : char.ToUpperInvariant(what[0]) + what[1..],
                $"{(model.Length > 0 ? $"{model} on {on}" : "From stored scores, without a model")}{(baseline is null ? "" : $", compared with {baseline}")}.", sections,
                    ReportProvenance.Of(manifest),
            Blindness(manifest, tables));
    }

    /// <summary>That the model does not see, by the numbers that say so; null where it does, or none was measured.</summary>
    internal static string? Blindness(StageManifest manifest, IReadOnlyList<FindingTable> tables)
    {
        FindingCell? Cell(string key) => tables.SelectMany(t => t.Rows).FirstOrDefault(r => r.Key == key)?.Cells[0];
        if ((string?)manifest.Config["scenes"] is { } scenes && File.Exists(Path.Combine(scenes, SceneAnnotations.WorldFile)))
        {
            var (invented, colour, shape) = (Cell("chair_i"), Cell("restricted_accuracy/colour"), Cell("restricted_accuracy/shape"));
            var guess = SceneConclusions.Guess(SceneAnnotations.SpecOf(scenes).Bias);
            return !SceneConclusions.Sees(invented, colour, shape, guess) && SceneConclusions.Sight(invented, colour, shape, guess) is { } sight
                ? $"This model does not see yet: {sight}." : null;
        }

        var proxies = tables.SelectMany(t => t.Rows).Where(r => r.Key.StartsWith("vig/", StringComparison.Ordinal)).ToArray();
        return proxies.Length > 0 && proxies.All(r => r.Cells[0].Low is not > 0)
            ? $"This model does not see these images "
                + $"yet: {string.Join("; ", proxies.Select(r => $"{MetricTitles.Of(r.Key)} is {FindingNumbers.WithInterval(r.Cells[0], NumberFormat.Ratio)} nats"))}, not above zero."
            : null;
    }

    private static string[] Differences(IReadOnlyList<FindingTable> tables)
    {
        string Line(Tone verdict, string name)
        {
            var found = tables.SelectMany(t => t.Rows.Where(r => r.Cells[0].Verdict == verdict).Select(r =>
                $"{MetricTitles.Of(r.Key)} {FindingNumbers.Difference(r.Cells[0], t.Columns[0].Style, Evidence.UnitOf(t.Columns[0]))}")).ToArray();
            return found.Length == 0 ? $"{name}: nothing beyond its interval." : $"{name}: {string.Join("; ", found)}.";
        }

        return [Line(Tone.Better, "Better than the baseline"), Line(Tone.Worse, "Worse than the baseline")];
    }
}
