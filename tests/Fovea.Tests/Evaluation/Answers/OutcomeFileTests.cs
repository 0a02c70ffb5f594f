using Fovea.Core.Errors;
using Fovea.Evaluation.Answers.Outcomes;
using Xunit;

namespace Fovea.Tests.Evaluation.Answers;

public sealed class OutcomeFileTests : IDisposable
{
    private static readonly OutcomeTable Table = new("pope", "vcd", "image",
        [
            new OutcomeMetric("f1", true) { MeanOf = ["f1/a", "f1/b"], Scale = 100 },
            new OutcomeMetric("f1/a", true), new OutcomeMetric("f1/b", true), new OutcomeMetric("precision/b", true),
        ],
        [
            new Outcome("a/1", "i", new Dictionary<string, Fraction> { ["f1/a"] = new(1, 2) }),
            new Outcome("a/2 \"ü\"", "j", new Dictionary<string, Fraction> { ["f1/a"] = new(1, 1) }),
            new Outcome("b/1", "i", new Dictionary<string, Fraction> { ["f1/b"] = new(1, 4), ["precision/b"] = new(0, 0) }),
        ]);

    private readonly AnswerFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Outcomes_are_read_as_they_were_written()
    {
        var path = Path.Combine(_files.Folder, OutcomeFile.FileName);
        OutcomeFile.Write(path, Table);
        var read = OutcomeFile.Read(_files.Folder);
        Assert.Equal(("pope", "vcd", "image"), (read.Benchmark, read.Parser, read.Unit));
        Assert.Equal(Table.Metrics.Select(m => (m.Name, m.HigherIsBetter, string.Join(',', m.MeanOf), m.Scale)),
            read.Metrics.Select(m => (m.Name, m.HigherIsBetter, string.Join(',', m.MeanOf), m.Scale)));
        Assert.Equal(Table.Questions.Select(q => (q.Question, q.Cluster, string.Join(',', q.Sums))),
            read.Questions.Select(q => (q.Question, q.Cluster, string.Join(',', q.Sums))));
    }

    [Fact]
    public void A_mean_of_ratios_is_one_of_sums_over_clusters_each_divided_first()
    {
        var values = Table.Values();
        Assert.Equal(2 / 3.0, values["f1/a"]!.Value, 12);
        Assert.Equal(100 * ((2 / 3.0) + 0.25) / 2, values["f1"]!.Value, 12);
        Assert.Null(values["precision/b"]);
        var estimates = Table.Estimates().ToDictionary(e => e.Metric.Name, e => e.Estimate);
        Assert.Equal(values["f1"], estimates["f1"].Value);
        Assert.InRange(estimates["f1/a"].Value!.Value, estimates["f1/a"].Low!.Value, estimates["f1/a"].High!.Value);
        Assert.Null(estimates["precision/b"].Value);
    }

    [Theory]
    [InlineData("question 'a' occurs twice", "{\"question\":\"a\",\"cluster\":\"i\",\"sums\":{}}", "{\"question\":\"a\",\"cluster\":\"i\",\"sums\":{}}")]
    [InlineData("record 1: 'recall' is no metric of this file", "{\"question\":\"a\",\"cluster\":\"i\",\"sums\":{\"recall\":[1,1]}}")]
    [InlineData("f1: expected a numerator and a denominator, got 1 numbers", "{\"question\":\"a\",\"cluster\":\"i\",\"sums\":{\"f1\":[1]}}")]
    [InlineData("record 1: is no line of outcomes, as 'fovea eval' writes them: the key 'cluster' is missing", "{\"question\":\"a\",\"sums\":{}}")]
    public void A_line_that_is_no_outcome_is_named(string message, params string[] lines)
    {
        const string Head = "{\"format\":\"fovea_outcomes_v1\",\"benchmark\":\"b\",\"parser\":\"\",\"unit\":\"u\",\"metrics\":[{\"name\":\"f1\",\"higher_is_better\":true,\"mean_of\":[],\"scale\":1}]}";
        var path = _files.Write("outcomes.jsonl", [Head, .. lines]);
        Assert.EndsWith(message, Assert.Throws<InvalidInputException>(() => OutcomeFile.Read(path)).Message, StringComparison.Ordinal);
    }
}
