using Fovea.Pipeline.Reports;
using Fovea.Reporting.Documents;

using static Fovea.Pipeline.Findings.ComparisonFindings;

namespace Fovea.Pipeline.Findings;

/// <summary>What a run on the built-in world found, read back from its stages' folders.</summary>
public static class ScenesFindings
{
    private static readonly string[] Classes = ["colour", "position", "shape", "size", "background", "count"];
    private static readonly string[] OtherClasses = ["filler", "boilerplate", "noise"];
    private static readonly string[] PopeMetrics = ["accuracy", "precision", "recall", "yes_ratio"];

    private static readonly MetricColumn[] CaptionColumns =
    [
        new("scene_captions", "chair_i", "CHAIR_i", NumberFormat.Percent),
        new("scene_captions", "chair_s", "CHAIR_s", NumberFormat.Percent),
        new("scene_captions", "recall", "recall", NumberFormat.Percent),
        new("scene_captions", "attribute_error", "attribute errors", NumberFormat.Percent),
        new("scene_nll", "grounded_nll", "grounded NLL"),
        new("scene_nll", "grounded_accuracy", "grounded accuracy", NumberFormat.Percent),
        new("scene_captions_conflict", "conflict/chair_i", "conflict CHAIR_i", NumberFormat.Percent),
        new("scene_nll_conflict", "conflict/grounded_accuracy", "conflict accuracy", NumberFormat.Percent),
    ];

    private static readonly MetricColumn[] TuningColumns =
    [
        new("scene_answers", "qa_accuracy", "QA accuracy", NumberFormat.Percent),
        new("scene_answers", "pope_f1", "existence F1", NumberFormat.Percent),
        new("scene_captions", "chair_i", "CHAIR_i", NumberFormat.Percent),
        new("scene_captions", "recall", "recall", NumberFormat.Percent),
        new("scene_answers_conflict", "conflict/qa_accuracy", "conflict QA", NumberFormat.Percent),
        new("scene_captions_conflict", "conflict/chair_i", "conflict CHAIR_i", NumberFormat.Percent),
    ];

    /// <summary>Reads all tables.</summary>
    public static RunFindings Collect(FinishedPlan run)
    {
        var study = StudyDesign.Of(run);
        var tables = new List<FindingTable>();
        foreach (var letter in study.Families)
        {
            tables.AddRange(Pretraining(study, run, letter));
        }

        tables.Add(References(study, run));
        if (study.Families.Contains(StudyDesign.H))
        {
            tables.AddRange(TokenTables.Of(study, run));
            if (study.Tunes)
            {
                tables.AddRange(Tuning(study, run));
            }
        }

        return new RunFindings(study.Name, tables, SceneConclusions.Of(study, tables, run), HowToRead.Scenes(study));
    }

    private static IEnumerable<FindingTable> Pretraining(StudyDesign study, FinishedPlan run, string letter)
    {
        var arms = study.Arms;
        var results = run.Results(arms.Select(a => (a.Arm, $"eval/{letter}-{a.Arm}")));
        var title = letter == StudyDesign.H ? "Pre-training, H (vision tower, projector, decoder)" : "Pre-training, U (one decoder over patches)";
        yield return Table($"pretrain_{letter}", title, results, StudyDesign.Ntp, CaptionColumns, arms);
        if (AlongTraining.Table(study, run, letter) is { } along)
        {
            yield return along;
        }

        yield return Table($"classes_{letter}", title + ": accuracy among the words of a class, and NLL", results, StudyDesign.Ntp, (MetricColumn[])
            [
                .. Classes.Select(c => new MetricColumn("scene_nll", "restricted_accuracy/" + c, c, NumberFormat.Percent)),
                .. Classes.Select(c => new MetricColumn("scene_nll", "restricted_nll/" + c, c + " NLL")),
                .. OtherClasses.Select(c => new MetricColumn("scene_nll", "nll/" + c, c + " NLL")),
            ],
            arms) with
        {
            InSummary = false,
        };
    }

    /// <summary>In-sample and held-out NLL of the reference.</summary>
    public static FindingTable References(StudyDesign study, FinishedPlan run)
    {
        var rows = study.Seeds.Select(seed =>
        {
            var result = run.Result(seed, "lm/reference");
            return new FindingRow($"seed_{seed}", $"seed {seed}",
            [
                new FindingCell(Value: (double?)result["epochs"]),
                new FindingCell(Value: (double?)result["in_sample_nll"], Count: (double?)result["in_sample_targets"]),
                new FindingCell(Value: (double?)result["held_out_nll"], Count: (double?)result["held_out_targets"]),
            ]);
        });
        return new FindingTable("reference", "PRIOR's text-only reference",
            "Nats per target. In-sample far below held-out would mean that p_ref is remembered, not predicted.",
            [new("epochs", "epochs"), new("in_sample_nll", "in-sample NLL"), new("held_out_nll", "held-out NLL")], [.. rows]);
    }

    private static IEnumerable<FindingTable> Tuning(StudyDesign study, FinishedPlan run)
    {
        const string Title = "Tuning, equal optimiser steps";
        (string Arm, string Title)[] arms = [.. TuningArm.Of(run).Select(a => (a.Key, a.Title))];
        var results = run.Results(arms.Select(a => (a.Arm, "eval/tune-" + a.Arm)));
        var extra = (Columns: (IReadOnlyList<FindingColumn>)
        [
            new("share", "supervised share", NumberFormat.Percent), new("supervised_tokens", "supervised tokens", NumberFormat.Count),
            new("forward_tokens", "forward tokens", NumberFormat.Count),
        ], Cells: (Func<string, IReadOnlyList<FindingCell>>)(arm => Budget(study, run, arm)));
        yield return Table("tuning", Title, results, TuningArm.Vanilla, TuningColumns, arms, extra);
        var types = results.SelectMany(r => r.Result.Metrics).Select(m => m.Name).Where(n => n.StartsWith("qa_accuracy/", StringComparison.Ordinal))
            .Distinct().Order(StringComparer.Ordinal);
        yield return Table("tuning_types", Title + ": questions by type", results, TuningArm.Vanilla, (MetricColumn[])
            [
                .. types.Select(t => new MetricColumn("scene_answers", t, t["qa_accuracy/".Length..].Replace('_', ' '), NumberFormat.Percent)),
                .. PopeMetrics.Select(m => new MetricColumn("scene_answers", "pope_" + m, "existence " + m.Replace('_', ' '), NumberFormat.Percent)),
            ],
            arms) with
        {
            InSummary = false,
        };
    }

    private static FindingCell[] Budget(StudyDesign study, FinishedPlan run, string arm)
    {
        double Mean(string name) => study.Seeds.Average(s => (double)run.Result(s, "tune/" + arm)[name]!);
        double Share(long seed) => arm == TuningArm.Vanilla ? 1 : (double)run.Result(seed, "weights/" + arm)["share"]!;
        return [new(Value: study.Seeds.Average(Share)), new(Value: Mean("supervised_tokens")), new(Value: Mean("forward_tokens"))];
    }
}
