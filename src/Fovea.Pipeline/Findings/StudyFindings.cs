using Fovea.Core.Configuration;
using Fovea.Evaluation.Statistics;
using Fovea.Pipeline.Reports;
using Fovea.Pipeline.Studies;
using Fovea.Reporting;
using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Findings;

/// <summary>A study's values and claims as tables, sentences and a figure: the same from a run's folder and from a results file.</summary>
public static class StudyFindings
{
    private const double SmallestP = 0.001;

    /// <summary>Of a run.</summary>
    public static RunFindings Collect(FinishedPlan run) => Of(Questions(run), Values(run));

    /// <summary>What a run's plan asks.</summary>
    /// <exception cref="FoveaException">It asks nothing.</exception>
    public static StudyQuestions Questions(FinishedPlan run) => run.Manifest.Config["study"] is JsonObject study
        ? ConfigBinder.Read<StudyQuestions>(study.ToJsonString(), run.Folder)
        : throw new FoveaException($"{run.Folder}: the findings 'study' need a plan with a 'study'");

    /// <summary>What a run measured.</summary>
    public static StudyValues Values(FinishedPlan run) =>
        StudyValues.Of(Questions(run), run.Manifest, run.Seeds, (seed, stage) => run.Find(seed, stage)?.Manifest, run.Stages.Sum(s => s.Manifest.CoreSeconds));

    /// <summary>Of values.</summary>
    public static RunFindings Of(StudyQuestions questions, StudyValues values)
    {
        var comparisons = StudyComparison.Of(questions, values);
        var seeds = values.Seeds.Count == 1 ? "one seed: no interval and no test"
            : $"{values.Seeds.Count} seeds: means with 95 % t intervals, and paired t tests, over seeds";
        return new RunFindings(values.Study, [Measured(questions, values), Claims(questions, comparisons)],
            new Conclusions(null, [.. comparisons.Select(c => Sentence(questions, c))]),
            $"{seeds}. Holm p: adjusted over the study's {comparisons.Count} comparisons. Smallest effect: the true difference that would have been shown with "
                + $"probability 0.8, "
                + "at Holm's strictest level and the deviation between these seeds.");
    }

    /// <summary>The figure of a study: the measures that it shows, by arm.</summary>
    public static string Figure(StudyQuestions questions, StudyValues values)
    {
        var panels = from measure in questions.Measures
                     where measure.Value.InFigure
                     let cells = questions.Arms.Keys.Select(arm => Cell(questions, values, arm, measure.Key))
                     select new IntervalPanel(measure.Value.Title, [.. cells.Select(c => (c.Value, c.Low, c.High))]);
        return IntervalFigure.Render(values.Study, [.. questions.Arms.Values.Select(a => a.Title)], [.. panels]);
    }

    private static FindingTable Measured(StudyQuestions questions, StudyValues values) => new("measures", "What was measured", "",
        [.. questions.Measures.Select(m => new FindingColumn(m.Key, m.Value.Title, StyleOf(m.Value), m.Value.HigherIsBetter))],
        [.. questions.Arms.Select(a => new FindingRow(a.Key, a.Value.Title, [.. questions.Measures.Select(m => Cell(questions, values, a.Key, m.Key))]))]);

    private static FindingTable Claims(StudyQuestions questions, IReadOnlyList<StudyComparison> comparisons) =>
        new("claims", "What was claimed, and what was shown", "",
        [new("difference", "difference"), new("p", "p"), new("holm_p", "Holm p"), new("smallest", "smallest effect"), new("outcome", "outcome")],
        [.. comparisons.Select((c, i) => new FindingRow(string.Create(CultureInfo.InvariantCulture, $"{i + 1}"), Title(questions, c),
        [
            new FindingCell(Value: c.Test?.Mean, Low: c.Test?.Low, High: c.Test?.High, Count: c.Test?.Pairs), new FindingCell(Text: P(c.Test?.P)),
                new FindingCell(Text: P(c.AdjustedP)),
            new FindingCell(Value: c.Test?.Detectable), new FindingCell(Text: Words(c.Outcome)),
        ]))]);

    private static string Title(StudyQuestions questions, StudyComparison c)
    {
        var against = c.Claim.Against is { } other ? questions.Arms[other].Title : string.Create(CultureInfo.InvariantCulture, $"{c.Claim.Than}");
        var claimed = c.Claim.Expect switch { ExpectedDifference.Higher => "higher than", ExpectedDifference.Lower => "lower than", _ => "different from" };
        return $"{questions.Measures[c.Measure].Title}: {questions.Arms[c.Arm].Title} {claimed} {against}";
    }

    private static string Sentence(StudyQuestions questions, StudyComparison c)
    {
        if (c.Test is not { } test)
        {
            return $"{Title(questions, c)}: no data.";
        }

        var style = StyleOf(questions.Measures[c.Measure]);
        var cell = new FindingCell(Value: test.Mean, Difference: test.Mean, DifferenceLow: test.Low, DifferenceHigh: test.High);
        return $"{Title(questions, c)}: {FindingNumbers.Difference(cell, style)}"
            + (c.AdjustedP is { } p ? $", Holm p {P(p)}: {Words(c.Outcome)}" : ", one seed: not tested")
            + (c is { Outcome: Outcome.NotShown, Test.Detectable: { } smallest } ? $" (smallest effect {FindingNumbers.Of(smallest, style)})." : ".");
    }

    private static string Words(Outcome outcome) =>
        outcome switch { Outcome.Supported => "supported", Outcome.Contradicted => "contradicted", _ => "not shown" };

    private static string P(double? p) => p is null ? FindingNumbers.Missing : p < SmallestP ? "< 0.001" : FindingNumbers.Of(p, NumberFormat.Ratio);

    private static NumberFormat StyleOf(StudyMeasure measure) => measure.Percent ? NumberFormat.Percent : NumberFormat.Ratio;

    private static FindingCell Cell(StudyQuestions questions, StudyValues values, string arm, string key) =>
        questions.Measures[key].IsOf(arm) && questions.Read(values, arm, key).OfType<double>().ToArray() is { Length: > 0 } some && PairedTest.Of(some) is var mean
            ? new FindingCell(Value: mean.Mean, Low: mean.Low, High: mean.High, Count: mean.Pairs)
            : new FindingCell();
}
