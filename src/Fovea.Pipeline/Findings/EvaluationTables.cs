using Fovea.Core.Results;
using Fovea.Evaluation.Statistics;
using Fovea.Pipeline.Reports;
using Fovea.Pipeline.Stages;
using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Findings;

/// <summary>The metrics of one evaluation's folder as tables: values with intervals and n, and the paired difference to a second folder.</summary>
public static class EvaluationTables
{
    /// <summary>Two tables for each evaluation: shares in per cent, and nats.</summary>
    /// <param name="folder">Folder of the evaluation.</param>
    /// <param name="baseline">Folder of the evaluation to compare with; null for none.</param>
    /// <exception cref="FoveaException">A folder holds no results, or the two were measured on different data.</exception>
    public static IReadOnlyList<FindingTable> Of(string folder, string? baseline = null)
    {
        if (baseline is not null)
        {
            RequireSameData(folder, baseline);
        }

        var results = Read(folder);
        var others = baseline is null ? [] : Read(baseline);
        var tables = new List<FindingTable>();
        foreach (var result in results)
        {
            var other = others.FirstOrDefault(o => o.Evaluation == result.Evaluation);
            foreach (var style in new[] { NumberFormat.Percent, NumberFormat.Ratio })
            {
                var metrics = result.Metrics.Where(m => StyleOf(m.Name) == style).ToArray();
                if (metrics.Length > 0)
                {
                    tables.Add(Table(result, other, metrics, style, baseline));
                }
            }
        }

        if (baseline is not null && !tables.Any(t => t.Rows.Any(r => r.Cells[0].Difference is not null)))
        {
            throw new InvalidInputException(baseline, null, $"has no metric in common with {folder}; give a folder that 'fovea eval' wrote on the same data");
        }

        return tables;
    }

    /// <summary>Nats for log-likelihoods and VIG, words for lengths, shares for the rest.</summary>
    internal static NumberFormat StyleOf(string metric)
    {
        var parts = metric.Split('/', '_');
        return parts.Any(p => p is "nll" or "vig" or "words" or "mean" or "auc" or "spearman") ? NumberFormat.Ratio : NumberFormat.Percent;
    }

    /// <summary>All inputs of an evaluation are the model's or the data's; those that both folders have must have one hash.</summary>
    private static void RequireSameData(string folder, string baseline)
    {
        var (here, there) = (InputsOf(folder), InputsOf(baseline));
        var other = here.FirstOrDefault(i => !i.Key.StartsWith("model", StringComparison.Ordinal) && there.TryGetValue(i.Key, out var hash)
            && hash != i.Value).Key;
        if (other is not null)
        {
            throw new InvalidInputException(baseline, null,
                $"was measured on other data than {folder}: '{other}' has the SHA-256 {there[other][..12]}... there and {here[other][..12]}... here; compare "
                    + $"evaluations of the same data");
        }
    }

    private static SortedDictionary<string, string> InputsOf(string folder) => StageManifest.Read(folder)?.Inputs
        ?? throw new InvalidInputException(folder, null,
            $"no evaluation here ({StageManifest.FileName} is missing, so it is not known what was measured); give a folder that 'fovea eval' wrote");

    private static IReadOnlyList<EvalResult> Read(string folder) => EvalResults.In(folder) is { Count: > 0 } results
        ? results
        : throw new InvalidInputException(folder, null, $"no evaluation here (*{EvalResults.FileEnd} is missing); give a folder that 'fovea eval' wrote");

    private static FindingTable Table(EvalResult result, EvalResult? other, IReadOnlyList<Metric> metrics, NumberFormat style, string? baseline)
    {
        var units = metrics.Max(m => m.Numerators.Length);
        var kind = style == NumberFormat.Percent ? "shares" : result.Evaluation switch { "stored_words" => "nats per word", "score_agreement" => "rank correlations", _ => "nats per token, and words" };
        var rows = metrics.AsParallel().AsOrdered().Select(m => new FindingRow(
            m.Name, MetricTitles.Of(m.Name) + (m.HigherIsBetter switch { true => " ↑", false => " ↓", null => "" }),
                [Cell(m, other?.Metrics.FirstOrDefault(o => o.Name == m.Name), style, baseline)])).ToArray();
        return new FindingTable(
            $"{result.Evaluation}_{style}", $"{MetricTitles.Of(result.Evaluation)}: {kind}",
            $"Unit: {result.Unit}, {units} of them. ↑: higher is better; ↓: lower is "
                + $"better.{(baseline is null ? "" : $" Beneath a number: its paired difference to {Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(baseline)))}.")}",
            [new FindingColumn("value", "value", style)], rows);
    }

    private static FindingCell Cell(Metric metric, Metric? other, NumberFormat style, string? baseline)
    {
        var cell = FindingCell.Of(Clustered.Interval(metric));
        if (other is null)
        {
            return cell;
        }

        if (other.Numerators.Length != metric.Numerators.Length)
        {
            throw new InvalidInputException(baseline!, null,
                $"metric {metric.Name} has {other.Numerators.Length} units there and {metric.Numerators.Length} here; compare evaluations of the same data");
        }

        return Clustered.Difference(metric, other) is { } test
            ? cell.Against(new Estimate(test.Mean, test.Low, test.High, metric.Count, [test.Mean]), style, metric.HigherIsBetter) : cell;
    }
}
