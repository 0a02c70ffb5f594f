using Fovea.Evaluation.Answers.Outcomes;
using Fovea.Evaluation.Statistics;

namespace Fovea.Evaluation.Comparison;

/// <summary>A model and the outcomes of its answers, one table a benchmark.</summary>
public sealed record ComparedModel(string Name, IReadOnlyList<OutcomeTable> Tables);

/// <summary>One metric of one model, and its difference to the baseline over the same questions.</summary>
/// <param name="Benchmark">Name of the benchmark.</param>
/// <param name="Unit">What a cluster is.</param>
/// <param name="Metric">The metric.</param>
/// <param name="Model">Name of the model.</param>
/// <param name="Value">The model's value with its interval.</param>
/// <param name="Baseline">The baseline's.</param>
/// <param name="Test">The paired test of (model - baseline); null where one of the two counted nothing.</param>
/// <param name="IsMcNemar">Whether the pairs are questions, tested by McNemar's exact test; else clusters.</param>
/// <param name="AdjustedP">p adjusted by Holm over all comparisons; null where there is none.</param>
/// <param name="Better">Questions on which the model alone is right, where the metric is right or wrong; else null.</param>
/// <param name="Worse">Questions on which the baseline alone is.</param>
/// <param name="Unjudged">Questions without an outcome in one of the two, left out of both.</param>
public sealed record OutcomeDifference(string Benchmark, string Unit, OutcomeMetric Metric, string Model, Estimate Value, Estimate Baseline,
    PairedTest? Test, bool IsMcNemar, double? AdjustedP, int? Better, int? Worse, int Unjudged);

/// <summary>Compares models by their outcomes on the same questions, paired by question, against the first of them. Pure.</summary>
public static class OutcomeComparison
{
    /// <summary>The differences by benchmark, then metric, then model.</summary>
    /// <param name="models">At least two; the first is the baseline. All have the baseline's benchmarks.</param>
    /// <param name="metrics">Names of the metrics to compare where a benchmark has them; empty for each benchmark's first.</param>
    /// <exception cref="UsageException">Fewer than two models, equal names, or a metric that no benchmark has.</exception>
    /// <exception cref="FoveaException">Benchmarks, rules or questions differ.</exception>
    public static IReadOnlyList<OutcomeDifference> Of(IReadOnlyList<ComparedModel> models, IReadOnlyList<string> metrics)
    {
        if (models.Count < 2 || models.Select(m => m.Name).Distinct().Count() < models.Count)
        {
            throw new UsageException("expected the outcomes of two models or more, each under another name (NAME=PATH)");
        }

        var baseline = models[0];
        var pairs = (from table in baseline.Tables
                     from metric in Chosen(table, metrics)
                     from model in models.Skip(1)
                     select (table, metric, model, other: Same(baseline, table, model))).ToArray();
        if (metrics.FirstOrDefault(m => !pairs.Any(p => p.metric.Name == m)) is { } unknown)
        {
            throw new UsageException($"--metric {unknown}: no benchmark has it; there are {string.Join(", ", baseline.Tables.SelectMany(t => t.Metrics).Select(m => m.Name).Distinct())}");
        }

        OutcomeDifference[] differences = [.. pairs.Select(p => One(p.table, p.metric, p.model.Name, p.other, pairs.Length))];
        var tested = differences.Where(d => d.Test?.P is not null).ToArray();
        var adjusted = new Queue<double>(PairedTest.Holm([.. tested.Select(d => d.Test!.P!.Value)]));
        return [.. differences.Select(d => d.Test?.P is null ? d : d with { AdjustedP = adjusted.Dequeue() })];
    }

    private static IEnumerable<OutcomeMetric> Chosen(OutcomeTable table, IReadOnlyList<string> metrics) =>
        metrics.Count == 0 ? table.Metrics.Take(1) : table.Metrics.Where(m => metrics.Contains(m.Name));

    /// <summary>The model's table of the same benchmark, its questions in the baseline's order.</summary>
    private static OutcomeTable Same(ComparedModel baseline, OutcomeTable table, ComparedModel model)
    {
        var other = model.Tables.FirstOrDefault(t => t.Benchmark == table.Benchmark)
            ?? throw new FoveaException($"{table.Benchmark}: {baseline.Name} has outcomes, {model.Name} has none; score its answers too, and keep their outcomes with --out");
        if (other.Parser != table.Parser)
        {
            throw new FoveaException($"{table.Benchmark}: {baseline.Name} was read by the rule {table.Parser}, {model.Name} by {other.Parser}; score both with one --parser");
        }

        var questions = other.Questions.ToDictionary(q => q.Question);
        string[] ours = [.. table.Questions.Select(q => q.Question).Where(q => !questions.ContainsKey(q))];
        string[] theirs = [.. questions.Keys.Except(table.Questions.Select(q => q.Question))];
        if (ours.Length + theirs.Length > 0)
        {
            throw new FoveaException($"{table.Benchmark}: {baseline.Name} and {model.Name} did not answer the same questions: {ours.Length} are only in {baseline.Name} and "
                + $"{theirs.Length} only in {model.Name}, such as '{Quoted.Shorten(ours.Concat(theirs).First())}'; compare outcomes of one question set");
        }

        if (table.Questions.FirstOrDefault(q => questions[q.Question].Cluster != q.Cluster) is { } moved)
        {
            throw new FoveaException($"{table.Benchmark}: question '{Quoted.Shorten(moved.Question)}' belongs to {table.Unit} '{Quoted.Shorten(moved.Cluster)}' in {baseline.Name} and to "
                + $"'{Quoted.Shorten(questions[moved.Question].Cluster)}' in {model.Name}; score both with the same files of questions");
        }

        return other with { Questions = [.. table.Questions.Select(q => questions[q.Question])] };
    }

    private static OutcomeDifference One(OutcomeTable whole, OutcomeMetric metric, string name, OutcomeTable other, int tests)
    {
        var judged = whole.Questions.Zip(other.Questions).Where(q => q.First.Sums.Count > 0 && q.Second.Sums.Count > 0).ToArray();
        var (baseline, model) = (whole with { Questions = [.. judged.Select(q => q.First)] }, other with { Questions = [.. judged.Select(q => q.Second)] });
        var (ofModel, ofBaseline) = (OutcomeTable.Parts(model.ToResult(), metric), OutcomeTable.Parts(baseline.ToResult(), metric));
        var (right, baselineRight) = (Right(model, metric), Right(baseline, metric));
        var areAnswers = right is not null && baselineRight is not null;
        var isMcNemar = areAnswers && baseline.Questions.Select(q => q.Cluster).Distinct().Count() == baseline.Questions.Count;
        var test = isMcNemar ? McNemar.Of(right!, baselineRight!, tests) : Clustered.Difference(ofModel, ofBaseline, tests);
        return new OutcomeDifference(baseline.Benchmark, baseline.Unit, metric, name, Clustered.Interval(ofModel).Times(metric.Scale),
            Clustered.Interval(ofBaseline).Times(metric.Scale), Scaled(test, metric.Scale), isMcNemar, null,
            areAnswers ? right!.Zip(baselineRight!).Count(a => a.First && !a.Second) : null,
            areAnswers ? right!.Zip(baselineRight!).Count(a => a.Second && !a.First) : null, whole.Questions.Count - judged.Length);
    }

    /// <summary>Whether each question is answered rightly, of a metric to which every question adds 0 or 1 of 1; else null.</summary>
    private static bool[]? Right(OutcomeTable table, OutcomeMetric metric) =>
        metric.MeanOf.Count == 0 && table.Questions.Count > 0 && table.Questions.All(q => q.Sums.TryGetValue(metric.Name, out var s)
            && s is { Denominator: 1, Numerator: 0 or 1 })
            ? [.. table.Questions.Select(q => q.Sums[metric.Name].Numerator == 1)] : null;

    private static PairedTest? Scaled(PairedTest? t, double scale) => t is null ? null
        : t with { Mean = scale * t.Mean, Low = scale * t.Low, High = scale * t.High, Detectable = scale * t.Detectable };
}
