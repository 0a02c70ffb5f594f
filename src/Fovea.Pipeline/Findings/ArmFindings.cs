using Fovea.Evaluation.Comparison;
using Fovea.Pipeline.Reports;
using Fovea.Pipeline.Stages;
using Fovea.Reporting.Documents;
using static Fovea.Pipeline.Findings.ComparisonFindings;

namespace Fovea.Pipeline.Findings;

/// <summary>The findings of a plan that names no others: every evaluation, arm beside arm, then what was selected and trained.</summary>
public static class ArmFindings
{
    private const string Vanilla = "vanilla";

    /// <summary>One evaluated model of one seed.</summary>
    private sealed record Evaluated(string Arm, FinishedStage Stage, IReadOnlyList<Core.Results.EvalResult> Results);

    /// <summary>Reads all tables.</summary>
    public static RunFindings Collect(FinishedPlan run)
    {
        var evaluated = run.Stages.Where(s => EvalResults.AreOfModel(s.Kind) && s.Manifest.Complete)
            .Select(s => new Evaluated(ArmOf(s), s, EvalResults.In(s.Folder))).ToArray();
        var tables = new List<FindingTable>();
        foreach (var evaluation in evaluated.SelectMany(e => e.Results.Select(r => (e.Arm, e.Stage, Result: r))).GroupBy(e => e.Result.Evaluation))
        {
            var arms = evaluation.Select(e => e.Arm).Distinct().ToArray();
            var results = evaluation.Select(e => new ArmResult(e.Arm, FinishedPlan.SeedOf(e.Stage) ?? 0, e.Result)).ToArray();
            var metrics = evaluation.SelectMany(e => e.Result.Metrics).Select(m => m.Name).Distinct();
            tables.Add(Table(evaluation.Key, $"{evaluation.Key.Replace('_', ' ')}", results, BaselineOf(arms),
                [.. metrics.Select(m => new MetricColumn(evaluation.Key, m, m.Replace('_', ' '), EvaluationTables.StyleOf(m)))],
                    [.. arms.Select(a => (a, a))]));
        }

        var evaluations = tables.ToArray();
        tables.AddRange([Counted(run, "select", "Weights",
            [("kept", "samples kept"), ("supervised_tokens", "targets with loss"), ("share", "share"), ("tau", "tau")]),
            Counted(run, "train", "Training", [("steps", "steps"), ("samples", "samples"), ("supervised_tokens", "targets with loss"),
                ("mean_loss", "mean loss"), ("final_loss", "last loss")])]);
        return new RunFindings(run.Title, [.. tables.Where(t => t.Rows.Count > 0)], new Conclusions(null, [.. Sentences(evaluations)]),
            evaluations.Length == 0 ? "" : HowToRead.Intervals(Math.Max(1, run.Seeds.Count),
                string.Join(", ", evaluated.SelectMany(e => e.Results).Select(r => r.Unit + "s").Distinct())));
    }

    /// <summary>The report's first sentence.</summary>
    public static string Lead(FinishedPlan run)
    {
        var data = run.Stages.SelectMany(s => s.Manifest.Config["data"]?.AsArray().Select(d => Path.GetFileName((string?)d?["file"])) ?? [])
            .OfType<string>().Distinct();
        return $"{run.Stages.Count} stages on {Evidence.And([.. data])}, {Math.Max(1, run.Seeds.Count)} seed{(run.Seeds.Count > 1 ? "s" : "")}.";
    }

    // By its own axes; a stage without any is known by the last part of its name.
    private static string ArmOf(FinishedStage stage) =>
        stage.Axes.Where(a => !stage.Name.StartsWith($"{a.Key}-{a.Value}/", StringComparison.Ordinal)).Select(a => a.Value).ToArray() is { Length: > 0 } own
            ? string.Join(' ', own) : Path.GetFileName(stage.Name);

    private static string BaselineOf(string[] arms) => arms.Contains(Vanilla) ? Vanilla : arms[0];

    private static IEnumerable<string> Sentences(IEnumerable<FindingTable> tables) =>
        from table in tables
        let evidence = new Evidence([table])
        let baseline = BaselineOf([.. table.Rows.Select(r => r.Key)])
        from row in table.Rows
        where row.Key != baseline
        let changed = evidence.Compare(table.Key, row.Key)
        where changed is not null
        select $"{row.Title} against {baseline}, {table.Title}: {changed}.";

    // Means over the seeds.
    private static FindingTable Counted(FinishedPlan run, string kind, string title, (string Key, string Title)[] columns)
    {
        var rows = run.Stages.Where(s => s.Kind == kind).GroupBy(s =>
            s.Name[(s.Name.IndexOf('/', StringComparison.Ordinal) is var at && FinishedPlan.SeedOf(s) is not null ? at + 1 : 0)..]).Select(g => new FindingRow(
            g.Key, g.Key, [.. columns.Select(c => new FindingCell(Value: Mean(g.Select(s => StageSentences.Number(s.Manifest.Result![c.Key])))))]));
        return new FindingTable(kind, title, "Means over the seeds.", [.. columns.Select(c => new FindingColumn(c.Key, c.Title, c.Key is "share"
            ? NumberFormat.Percent : c.Key is "tau" || c.Key.EndsWith("loss", StringComparison.Ordinal)
                ? NumberFormat.Ratio : NumberFormat.Count))], [.. rows]);
    }

    private static double? Mean(IEnumerable<double?> values) => values.All(v => v is not null) ? values.Average() : null;
}
