using Fovea.Core.Results;
using Fovea.Evaluation.Answers.Outcomes;
using Fovea.Evaluation.Statistics;
using Fovea.Pipeline.Reports;
using Fovea.Pipeline.Stages;
using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Findings;

/// <summary>
/// What a model loses where images contradict what language expects: each metric on normal and on conflicting images, and the gap (normal - conflict; of a metric of which lower is better, conflict -
/// normal). The two sets are other images, so that nothing is paired: the gap's interval is made of the two (Donner and Zou's square-and-add, 2012).
/// </summary>
public static class LanguageBiasGap
{
    private const string Prefix = "conflict/", Ending = "_conflict";

    /// <summary>The table, from two results' metrics of one name.</summary>
    /// <param name="normal">Estimates on normal images by name, with their direction.</param>
    /// <param name="conflict">The same on conflicting ones.</param>
    /// <param name="note">What the units are.</param>
    /// <exception cref="FoveaException">They share no metric.</exception>
    public static FindingTable Of(
        IReadOnlyList<(string Name, bool? HigherIsBetter, Estimate Value)> normal, IReadOnlyList<(string Name, bool? HigherIsBetter, Estimate Value)> conflict, string note)
    {
        var rows = (from n in normal
                    join c in conflict on n.Name equals c.Name
                    where n.Value.Value is not null && c.Value.Value is not null
                    select new FindingRow(n.Name, MetricTitles.Of(n.Name),
                        [FindingCell.Of(n.Value), FindingCell.Of(c.Value), n.HigherIsBetter == false ? Gap(c.Value, n.Value) : Gap(n.Value, c.Value)])).ToArray();
        return rows.Length > 0 ? new FindingTable("gap", "Normal and conflicting images", note,
                [new("normal", "normal", NumberFormat.Percent), new("conflict", "conflict", NumberFormat.Percent), new("gap", "gap", NumberFormat.Percent)], rows)
            : throw new FoveaException("the two have no metric in common; give the results of one benchmark on normal images and on conflicting ones");
    }

    /// <summary>From outcomes of one benchmark on two sets of questions.</summary>
    /// <param name="normal">The file or folder on normal images.</param>
    /// <param name="conflict">On conflicting ones.</param>
    /// <exception cref="FoveaException">Another benchmark or rule.</exception>
    public static FindingTable OfOutcomes(string normal, string conflict)
    {
        var (one, other) = (OutcomeFile.Read(normal), OutcomeFile.Read(conflict));
        return one.Benchmark == other.Benchmark && one.Parser == other.Parser
            ? Of(Estimates(one), Estimates(other), Note(one.Unit, one.ToResult(), other.ToResult()))
            : throw new FoveaException($"{normal} holds {Rule(one)}, {conflict} {Rule(other)}; score both by one benchmark and one --parser");
    }

    /// <summary>From an evaluation on the built-in world's scenes with a conflict set.</summary>
    /// <param name="folder">The folder that 'fovea eval scenes --conflict' wrote.</param>
    /// <exception cref="FoveaException">It has no conflict set.</exception>
    public static FindingTable OfScenes(string folder)
    {
        var results = EvalResults.In(folder);
        var pairs = results.Select(r => (Normal: r, Conflict: results.FirstOrDefault(c => c.Evaluation == r.Evaluation + Ending))).Where(p => p.Conflict is not null).ToArray();
        return pairs.Length == 0 ? throw new InvalidInputException(folder, null, "holds no results on a conflict set; give what 'fovea eval scenes --conflict' wrote, or two folders of outcomes")
            : Of([.. pairs.SelectMany(p => Estimates(p.Normal))], [.. pairs.SelectMany(p => Estimates(p.Conflict!))], Note(pairs[0].Normal.Unit, pairs[0].Normal, pairs[0].Conflict!));
    }

    private static FindingCell Gap(Estimate better, Estimate worse)
    {
        var gap = better.Value!.Value - worse.Value!.Value;
        if (better.Low is not { } low || better.High is not { } high || worse.Low is not { } worseLow || worse.High is not { } worseHigh)
        {
            return new FindingCell(Value: gap);
        }

        double Length(double a, double b) => Math.Sqrt((a * a) + (b * b));
        var cell = new FindingCell(Value: gap, Low: gap - Length(better.Value.Value - low, worseHigh - worse.Value.Value), High: gap + Length(high - better.Value.Value, worse.Value.Value - worseLow));
        return cell with { Verdict = cell.Low > 0 ? Tone.Worse : cell.High < 0 ? Tone.Better : Tone.Neutral };
    }

    private static (string, bool?, Estimate)[] Estimates(OutcomeTable table) => [.. table.Estimates().Select(e => (e.Metric.Name, e.Metric.HigherIsBetter, e.Estimate))];

    /// <summary>Shares only: the texts of the two sets differ, and so do their log-likelihoods.</summary>
    private static (string, bool?, Estimate)[] Estimates(EvalResult result) => [.. result.Metrics.Where(m => EvaluationTables.StyleOf(m.Name) == NumberFormat.Percent)
        .Select(m => (m.Name.StartsWith(Prefix, StringComparison.Ordinal) ? m.Name[Prefix.Length..] : m.Name, m.HigherIsBetter, Clustered.Interval(m)))];

    private static string Rule(OutcomeTable table) => table.Parser.Length == 0 ? table.Benchmark : $"{table.Benchmark} read as {table.Parser} does";

    private static string Note(string unit, EvalResult normal, EvalResult conflict) =>
        $"Unit: {unit}, {normal.Metrics[0].Numerators.Length} normal and {conflict.Metrics[0].Numerators.Length} conflicting, unpaired. Gap: how much worse the model is on the latter. In brackets: 95 % intervals.";
}
