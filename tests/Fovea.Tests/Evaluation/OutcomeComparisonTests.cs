using Fovea.Core.Errors;
using Fovea.Evaluation.Answers.Outcomes;
using Fovea.Evaluation.Comparison;
using Fovea.Evaluation.Statistics;
using Fovea.Pipeline.Findings;
using Xunit;

namespace Fovea.Tests.Evaluation;

public sealed class OutcomeComparisonTests
{
    [Fact]
    public void Single_questions_are_compared_by_McNemars_test_whatever_their_order()
    {
        var baseline = Table("qa", 12, i => i < 4, i => $"q{i}");
        var model = Table("qa", 12, i => i < 11, i => $"q{i}");
        var d = Assert.Single(OutcomeComparison.Of([new("a", [baseline]), new("b", [model with { Questions = [.. model.Questions.Reverse()] }])], []));
        Assert.True(d.IsMcNemar);
        Assert.Equal((7, 0), (d.Better, d.Worse));
        Assert.Equal(2 / 128.0, d.Test!.P!.Value, 12);
        Assert.Equal(7 / 12.0, d.Test.Mean, 12);
        Assert.Equal(d.Test.P, d.AdjustedP);
        Assert.Equal((4 / 12.0, 11 / 12.0), (d.Baseline.Value!.Value, d.Value.Value!.Value));
    }

    [Fact]
    public void Questions_on_one_image_are_one_cluster()
    {
        var baseline = Table("pope", 30, i => i % 5 != 0, i => $"image{i / 6}");
        var model = Table("pope", 30, i => i % 7 != 0, i => $"image{i / 6}");
        var d = Assert.Single(OutcomeComparison.Of([new("a", [baseline]), new("b", [model])], []));
        Assert.False(d.IsMcNemar);
        Assert.Equal(5, d.Test!.Pairs);
        Assert.Equal(Clustered.Difference(model.ToResult().Metrics[0], baseline.ToResult().Metrics[0])!.P, d.Test.P);
        Assert.Equal(30, d.Baseline.Count);
    }

    [Fact]
    public void Holms_adjustment_runs_over_all_models_and_benchmarks_and_narrows_what_could_be_shown()
    {
        ComparedModel Model(string name, int right) => new(name, [Table("one", 1000, i => i % 10 < right, i => $"{i}"), Table("two", 1000, i => i % 10 != right, i => $"{i}")]);
        var all = OutcomeComparison.Of([Model("a", 5), Model("b", 6), Model("c", 9)], []);
        Assert.Equal(["one b", "one c", "two b", "two c"], all.Select(d => $"{d.Benchmark} {d.Model}"));
        Assert.Equal(PairedTest.Holm([.. all.Select(d => d.Test!.P!.Value)]), all.Select(d => d.AdjustedP!.Value));
        var alone = OutcomeComparison.Of([Model("a", 5), Model("b", 6)], []);
        Assert.True(all[2].Test!.Detectable > alone[1].Test!.Detectable);
    }

    [Fact]
    public void A_chosen_metric_is_compared_where_a_benchmark_has_it()
    {
        var table = Table("one", 10, i => i < 5, i => $"{i}") with { Metrics = [new("accuracy", true), new("points", true) { MeanOf = ["accuracy"], Scale = 200 }] };
        var other = table with { Questions = [.. table.Questions.Select(q => q with { Sums = new Dictionary<string, Fraction> { ["accuracy"] = new(1, 1) } })] };
        var d = Assert.Single(OutcomeComparison.Of([new("a", [table]), new("b", [other])], ["points"]));
        Assert.Equal((100, 200, 100), (d.Baseline.Value, d.Value.Value, d.Test!.Mean));
        Assert.Contains("accuracy, points", Assert.Throws<UsageException>(() => OutcomeComparison.Of([new("a", [table]), new("b", [other])], ["f1"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_unjudged_in_one_model_is_left_out_of_both_and_counted()
    {
        var baseline = Table("judged", 10, _ => true, i => $"{i}");
        var model = Table("judged", 10, i => i > 0, i => $"{i}");
        model = model with { Questions = [.. model.Questions.Select((q, i) => i == 0 ? q with { Sums = new Dictionary<string, Fraction>() } : q)] };
        var d = Assert.Single(OutcomeComparison.Of([new("a", [baseline]), new("b", [model])], []));
        Assert.Equal((1, 9.0, 0.0), (d.Unjudged, d.Baseline.Count, d.Test!.Mean));
        Assert.Contains("1 unjudged", new ComparedAnswers([d], "a").Tables().Single().Note, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_questions_rules_clusters_or_benchmarks_are_refused_in_one_line()
    {
        var table = Table("pope", 10, _ => true, i => $"{i}");
        string Refusal(OutcomeTable other) => Assert.Throws<FoveaException>(() => OutcomeComparison.Of([new("a", [table]), new("b", [other])], [])).Message;
        Assert.Contains("1 are only in a and 0 only in b, such as 'q9'", Refusal(Table("pope", 9, _ => true, i => $"{i}")), StringComparison.Ordinal);
        Assert.Contains("by the rule", Refusal(table with { Parser = "vcd" }), StringComparison.Ordinal);
        Assert.Contains("belongs to image '3'", Refusal(Table("pope", 10, _ => true, i => i == 3 ? "other" : $"{i}")), StringComparison.Ordinal);
        Assert.Contains("b has none", Refusal(Table("mme", 10, _ => true, i => $"{i}")), StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => OutcomeComparison.Of([new("a", [table])], []));
        Assert.Throws<UsageException>(() => OutcomeComparison.Of([new("a", [table]), new("a", [table])], []));
    }

    [Fact]
    public void Table_and_document_say_the_same()
    {
        var differences = OutcomeComparison.Of([new("a", [Table("qa", 40, i => i < 4, i => $"{i}")]), new("b", [Table("qa", 40, i => i < 30, i => $"{i}")])], []);
        var findings = new ComparedAnswers(differences, "a");
        var row = Assert.Single(Assert.Single(findings.Tables()).Rows);
        var json = findings.Document([new("a", "runs/a"), new("b", "runs/b")])["comparisons"]![0]!;
        Assert.Equal("40 questions (26 : 0)", row.Cells[6].Text);
        Assert.Equal(("mcnemar_exact", 40, 26, 0), (json["test"]!.GetValue<string>(), json["pairs"]!.GetValue<int>(), json["only_model_right"]!.GetValue<int>(), json["only_baseline_right"]!.GetValue<int>()));
        Assert.Equal("< 0.001", row.Cells[4].Text);
        Assert.Equal(row.Cells[2].Value, json["difference"]!.GetValue<double>());
        Assert.Equal(Fovea.Reporting.Documents.Tone.Better, row.Cells[2].Verdict);
    }

    private static OutcomeTable Table(string benchmark, int questions, Func<int, bool> isRight, Func<int, string> cluster) => new(benchmark, "", "image",
        [new OutcomeMetric("accuracy", true)],
        [.. Enumerable.Range(0, questions).Select(i => new Outcome($"q{i}", cluster(i), new Dictionary<string, Fraction> { ["accuracy"] = new(isRight(i) ? 1 : 0, 1) }))]);
}
