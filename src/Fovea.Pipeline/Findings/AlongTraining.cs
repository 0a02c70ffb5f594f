using Fovea.Core.Results;
using Fovea.Evaluation.Comparison;
using Fovea.Evaluation.Statistics;
using Fovea.Pipeline.Reports;
using Fovea.Reporting.Documents;
using static Fovea.Pipeline.Findings.ComparisonFindings;

namespace Fovea.Pipeline.Findings;

/// <summary>PRIOR beside plain next-token prediction along pre-training: at the steps whose models were kept, and at the last.</summary>
public static class AlongTraining
{
    private const string StepAxis = "step";

    /// <summary>Ends the titles of PRIOR's columns.</summary>
    internal const string OfPrior = ", PRIOR";

    private static readonly MetricColumn[] Measures =
    [
        new("scene_captions", "chair_i", "CHAIR_i", NumberFormat.Percent),
        new("scene_nll", "grounded_accuracy", "grounded accuracy", NumberFormat.Percent),
        new("scene_nll_conflict", "conflict/grounded_accuracy", "conflict accuracy", NumberFormat.Percent),
    ];

    /// <summary>A row a step, each metric of both arms side by side with their paired difference; null where only the last models were evaluated.</summary>
    public static FindingTable? Table(StudyDesign study, FinishedPlan run, string letter)
    {
        var steps = Steps(study, run, letter);
        if (steps.Count < 2 || !study.ComparePrior)
        {
            return null;
        }

        var tables = steps.Select(s => (s.Step, Table: ComparisonFindings.Table("", "", Results(study, run, letter, s.Suffix), StudyDesign.Ntp, Measures,
            study.Arms))).ToArray();
        var columns = Measures.SelectMany((m, i) => study.Arms.Select(a => tables[0].Table.Columns[i] with { Key = $"{m.Metric}/{a.Arm}", Title = $"{m.Title}, {a.Title}" }));
        var rows = tables.Select(t => new FindingRow(Key(t.Step), $"{t.Step} steps",
            [.. Measures.SelectMany((_, i) => t.Table.Rows.Select(arm => arm.Cells[i]))]));
        return new FindingTable($"along_{letter}", $"Along pre-training, {letter.ToUpperInvariant()}", tables[0].Table.Note, [.. columns], [.. rows]);
    }

    /// <summary>
    /// Steps until the models' captions invent fewer than <paramref name="threshold"/> of their objects, by straight lines between measured steps, in words;
    /// null where an arm's seed begins below it or ends above it.
    /// </summary>
    public static string? ToThreshold(StudyDesign study, FinishedPlan run, string letter, double threshold)
    {
        var steps = Steps(study, run, letter);
        if (steps.Count < 2 || !study.ComparePrior)
        {
            return null;
        }

        var reached = study.Arms.ToDictionary(a => a.Arm, a => study.Seeds.Select(seed => Reached(
            [.. steps.Select(s => ((double)s.Step, Invented(Results(study, run, letter, s.Suffix).Where(r => r.Arm == a.Arm && r.Seed == seed))))], threshold))
            .ToArray());
        if (reached.Values.Any(r => r.Any(s => s is null)))
        {
            return null;
        }

        double Mean(string arm) => reached[arm].Average(s => s!.Value);
        var test = PairedTest.Of([.. reached[StudyDesign.Prior].Zip(reached[StudyDesign.Ntp], (p, n) => p!.Value - n!.Value)]);
        var share = FindingNumbers.Of(threshold, NumberFormat.Percent);
        return string.Create(CultureInfo.InvariantCulture, $"{letter.ToUpperInvariant()} model: its captions invent fewer than {share} of their objects after ")
            + string.Create(CultureInfo.InvariantCulture, $"{Mean(StudyDesign.Prior):F0} steps with PRIOR and {Mean(StudyDesign.Ntp):F0} with plain next-token prediction")
            + (test is { Low: { } low, High: { } high }
                ? string.Create(CultureInfo.InvariantCulture, $" (difference {test.Mean:F0} steps, 95 % interval {low:F0} to {high:F0}, t over {test.Pairs} seeds).")
                : " (one seed, so no interval).");
    }

    /// <summary>Means over the seeds, a line for each family and arm; empty where only the last models were evaluated.</summary>
    public static IReadOnlyList<ReportBlock> Curves(StudyDesign study, FinishedPlan run)
    {
        if (study.Families.All(f => Steps(study, run, f).Count < 2))
        {
            return [];
        }

        return
        [
            .. Measures.Select(m => new CurveBlock(m.Title, new ChartAxis("step of pre-training"), new ChartAxis(m.Title, null, NumberFormat.Percent),
            [
                .. from letter in study.Families
                   from arm in study.Arms
                   let points = Steps(study, run, letter).Select(s => (X: (double)s.Step, Y: Mean(Results(study, run, letter, s.Suffix).Where(r => r.Arm == arm.Arm), m)))
                       .ToArray()
                   select new CurveSeries($"{letter.ToUpperInvariant()}, {arm.Title}", [.. points.Select(p => p.X)], [.. points.Select(p => p.Y)]),
            ])),
        ];
    }

    private static string Key(long step) => string.Create(CultureInfo.InvariantCulture, $"step_{step}");

    // Evaluated steps, ascending, with what their stages' names end in; the last is the finished run's.
    private static List<(long Step, string Suffix)> Steps(StudyDesign study, FinishedPlan run, string letter)
    {
        var last = (long?)run.Result(study.Seeds[0], $"pretrain/{letter}-{StudyDesign.Ntp}")["steps"] ?? 0;
        var kept = run.Stages.Where(s => FinishedPlan.SeedOf(s) == study.Seeds[0] && s.Name.StartsWith(FinishedPlan.NameOf(study.Seeds[0], $"eval/{letter}-"), StringComparison.Ordinal))
            .Select(s => s.Axes.GetValueOrDefault(StepAxis)).OfType<string>().Distinct().Select(s => long.Parse(s, CultureInfo.InvariantCulture)).Where(s => s < last).Order();
        return [.. kept.Select(s => (s, string.Create(CultureInfo.InvariantCulture, $"-at-{s}"))), (last, "")];
    }

    private static IReadOnlyList<ArmResult> Results(StudyDesign study, FinishedPlan run, string letter, string suffix) =>
        run.Results(study.Arms.Select(a => (a.Arm, $"eval/{letter}-{a.Arm}{suffix}")));

    private static double Invented(IEnumerable<ArmResult> results) => Mean(results, Measures[0]);

    private static double Mean(IEnumerable<ArmResult> results, MetricColumn measure)
    {
        Metric[] metrics = [.. results.Where(r => r.Result.Evaluation == measure.Evaluation).SelectMany(r => r.Result.Metrics).Where(m => m.Name == measure.Metric)];
        return metrics.Length == 0 ? double.NaN : metrics.Average(m => m.Value);
    }

    // The first crossing, falling; null where the first point is below already, none is, or one has no value.
    internal static double? Reached(IReadOnlyList<(double Step, double Value)> points, double threshold)
    {
        for (var i = 1; i < points.Count && points[0].Value > threshold; i++)
        {
            var (before, after) = (points[i - 1], points[i]);
            if (before.Value > threshold && after.Value <= threshold)
            {
                return before.Step + ((before.Value - threshold) / (before.Value - after.Value) * (after.Step - before.Step));
            }
        }

        return null;
    }
}
