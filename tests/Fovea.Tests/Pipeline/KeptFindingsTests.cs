using Fovea.Core.Errors;
using Fovea.Evaluation.Answers.Outcomes;
using Fovea.Evaluation.Statistics;
using Fovea.Pipeline.Findings;
using Fovea.Pipeline.Reports;
using Fovea.Reporting.Documents;
using Fovea.Tests.Training;
using Xunit;

namespace Fovea.Tests.Pipeline;

public sealed class KeptFindingsTests : IDisposable
{
    private static readonly FindingTable Table = new("t", "By class", "a note", [new("value", "value", NumberFormat.Percent, true), new("p", "p")],
    [
        new("a", "class a", [new(Value: 0.5, Low: 0.4, High: 0.62, Count: 3), new(Text: "0.1")]),
        new("b", "class b", [new(Value: 0.25), new()]),
    ]);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_report_of_a_folder_with_kept_tables_shows_each_as_a_table_and_as_bars_with_intervals()
    {
        new KeptFindings("Title", "Lead.", [Table], new Dictionary<string, string> { ["answers"] = "a.jsonl" }).Write(Directory.CreateDirectory(_folder["kept"]).FullName);
        FolderReport.Write(_folder["kept"], _folder["report.html"]);
        var page = File.ReadAllText(_folder["report.html"]);
        Assert.Contains("class=\"interval\"", page, StringComparison.Ordinal);
        Assert.Contains("a.jsonl", page, StringComparison.Ordinal);
        var figure = Assert.IsType<BarBlock>(Assert.Single(ReportFigures.Of(Table)));
        Assert.Equal(["class a", "class b"], figure.Classes);
        Assert.Equal([(0.4, 0.62), null], Assert.Single(figure.Series).Intervals);
    }

    [Fact]
    public void One_row_is_shown_by_column_and_a_single_number_not_at_all()
    {
        var row = Table with { Rows = [new("a", "a", [new(Value: 0.5), new(Value: 0.7)])], Columns = [new("x", "x"), new("y", "y")] };
        Assert.Equal(["x", "y"], Assert.IsType<BarBlock>(Assert.Single(ReportFigures.Of(row))).Classes);
        Assert.Empty(ReportFigures.Of(Table with { Rows = [Table.Rows[0]] }));
    }

    [Fact]
    public void A_damaged_file_is_one_line()
    {
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(_folder["bad"]).FullName, KeptFindings.FileName), "{\"title\":");
        Assert.Contains("is not a readable file of findings", Assert.Throws<InvalidInputException>(() => KeptFindings.Read(_folder["bad"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_gap_is_the_loss_on_conflicting_images_whichever_way_is_better_and_its_interval_is_made_of_both()
    {
        (string, bool?, Estimate)[] normal = [("accuracy", true, new(0.9, 0.85, 0.94, 100, [0.9])), ("chair_i", false, new(0.1, 0.05, 0.15, 100, [0.1])), ("other", true, new(null, null, null, 0, [null]))];
        (string, bool?, Estimate)[] conflict = [("accuracy", true, new(0.6, 0.5, 0.7, 50, [0.6])), ("chair_i", false, new(0.3, 0.2, 0.4, 50, [0.3])), ("only here", true, new(1, 1, 1, 5, [1]))];
        var table = LanguageBiasGap.Of(normal, conflict, "");
        Assert.Equal(["accuracy", "chair_i"], table.Rows.Select(r => r.Key));
        var (gap, invented) = (table.Rows[0].Cells[2], table.Rows[1].Cells[2]);
        Assert.Equal((0.3, 0.2), (gap.Value!.Value, invented.Value!.Value), new Near());
        Assert.Equal(0.3 - Math.Sqrt((0.05 * 0.05) + (0.1 * 0.1)), gap.Low!.Value, 12);
        Assert.Equal(0.3 + Math.Sqrt((0.04 * 0.04) + (0.1 * 0.1)), gap.High!.Value, 12);
        Assert.Equal(Tone.Worse, gap.Verdict);
    }

    [Fact]
    public void Two_sets_by_other_rules_have_no_gap()
    {
        string Kept(string name, string benchmark)
        {
            var path = Path.Combine(Directory.CreateDirectory(_folder[name]).FullName, OutcomeFile.FileName);
            OutcomeFile.Write(path, new OutcomeTable(benchmark, "", "image", [new("accuracy", true)],
                [.. Enumerable.Range(0, 9).Select(i => new Outcome($"{name}{i}", $"{i}", new Dictionary<string, Fraction> { ["accuracy"] = new(i % 3 == 0 ? 0 : 1, 1) }))]));
            return _folder[name];
        }

        Assert.Equal(0, LanguageBiasGap.OfOutcomes(Kept("one", "mme"), Kept("two", "mme")).Rows[0].Cells[2].Value!.Value, 12);
        Assert.Contains("score both by one benchmark", Assert.Throws<FoveaException>(() => LanguageBiasGap.OfOutcomes(Kept("one", "mme"), Kept("two", "pope"))).Message, StringComparison.Ordinal);
        Assert.Contains("no results on a conflict set", Assert.Throws<InvalidInputException>(() => LanguageBiasGap.OfScenes(_folder["one"])).Message, StringComparison.Ordinal);
    }

    private sealed class Near : IEqualityComparer<(double, double)>
    {
        public bool Equals((double, double) x, (double, double) y) => Math.Abs(x.Item1 - y.Item1) < 1e-12 && Math.Abs(x.Item2 - y.Item2) < 1e-12;

        public int GetHashCode((double, double) obj) => 0;
    }
}
