using System.Text.Json.Nodes;
using System.Xml.Linq;
using Fovea.Core.Configuration;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Pipeline.Findings;
using Fovea.Pipeline.Plans;
using Fovea.Pipeline.Studies;
using Fovea.Tests.Training;
using Xunit;

namespace Fovea.Tests.Studies;

/// <summary>A study's claims, values and files.</summary>
public sealed class StudyTests : IDisposable
{
    private static readonly StudyQuestions Questions = new StudyQuestions
    {
        Arms = new OrderedDictionary<string, StudyArm>
        {
            ["plain"] = new() { Title = "plain" },
            ["new"] = new() { Title = "new | better", Names = new Dictionary<string, string> { ["score"] = "s" } },
            ["same"] = new() { Title = "same", Names = new Dictionary<string, string> { ["arm"] = "plain" } },
        },
        Measures = new OrderedDictionary<string, StudyMeasure>
        {
            ["auc"] = new() { Title = "AUC", Stage = "eval/{arm}", Metric = "auc", HigherIsBetter = true, InFigure = true },
            ["cost"] = new() { Title = "cost", Stage = "eval/{arm}", Metric = "seconds", Arms = ["plain", "new"] },
        },
        Claims =
        [
            new() { Arms = ["new", "same"], Against = "plain", Measures = ["auc"], Expect = ExpectedDifference.Higher },
            new() { Arms = ["new"], Against = "plain", Measures = ["auc"], Expect = ExpectedDifference.Lower },
            new() { Arms = ["new"], Than = 0.5, Measures = ["auc"] },
        ],
    }.Validated();

    private static readonly double[] Plain = [0.70, 0.72, 0.69, 0.71];
    private static readonly double[] New = [0.80, 0.825, 0.785, 0.81];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Values_are_read_from_the_stages_that_the_measures_name()
    {
        var values = Values();
        Assert.Equal([0.70, 0.72, 0.69, 0.71], values.Of("plain", "auc"));
        Assert.Equal(values.Of("plain", "auc"), values.Of("same", "auc"));
        Assert.Equal([3, 4, 5, 6], values.Of("new", "cost"));
        Assert.False(values.Values["same"].ContainsKey("cost"));
        Assert.Contains("no metric 'auc'", Message(() => Values(metric: "auk")), StringComparison.Ordinal);
        Assert.Contains("did you mean 'auk'", Message(() => Values(metric: "auk")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_claim_is_supported_contradicted_or_not_shown()
    {
        var comparisons = StudyComparison.Of(Questions, Values());
        Assert.Equal([Outcome.Supported, Outcome.NotShown, Outcome.Contradicted, Outcome.Supported], comparisons.Select(c => c.Outcome));
        Assert.Equal(0.1, comparisons[0].Test!.Mean, 2);
        Assert.Equal(0.305, comparisons[3].Test!.Mean, 12);
        Assert.All(comparisons, c => Assert.True(c.AdjustedP >= c.Test!.P));
        Assert.Equal(1, comparisons[1].AdjustedP);
    }

    [Fact]
    public void One_seed_shows_nothing_and_a_seed_without_data_is_left_out_of_a_comparison()
    {
        Assert.All(StudyComparison.Of(Questions, Values(seeds: 1)), c => Assert.Equal((Outcome.NotShown, null), (c.Outcome, c.AdjustedP)));
        var values = Values();
        values.Values["new"]["auc"][2] = null;
        Assert.Equal([3, 4, 3, 3], StudyComparison.Of(Questions, values).Select(c => c.Test!.Pairs));
        Assert.Contains("new | better", StudyFindings.Of(Questions, values).Conclusions.Sentences[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Page_and_figure_are_made_again_from_the_values_alone()
    {
        var defaults = JsonNode.Parse("""{ "steps": 20, "world": { "bias": 0.5 } }""")!.AsObject();
        StudyFiles.Write(_folder["first"], "small", Questions, Values(), defaults);
        var read = StudyValues.Read(Path.Combine(_folder["first"], "small.json"));
        StudyFiles.Write(_folder["again"], "small", Questions, read, defaults);

        foreach (var ending in (string[])[".json", ".md", ".svg"])
        {
            Assert.Equal(File.ReadAllText(Path.Combine(_folder["first"], "small" + ending)),
                File.ReadAllText(Path.Combine(_folder["again"], "small" + ending)));
        }

        var page = File.ReadAllText(Path.Combine(_folder["first"], "small.md"));
        Assert.Contains("**Not the plan as it is**: steps = 3.", page, StringComparison.Ordinal);
        Assert.Contains("| AUC: new \\| better higher than plain | 0.100 [", page, StringComparison.Ordinal);
        Assert.Contains("| supported |", page, StringComparison.Ordinal);
        var figure = XDocument.Parse(File.ReadAllText(Path.Combine(_folder["first"], "small.svg")));
        Assert.Equal(3, figure.Descendants().Count(e => e.Name.LocalName == "circle"));
        Assert.Equal(3, figure.Descendants().Count(e => (string?)e.Attribute("class") == "whisker"));
    }

    [Fact]
    public void Relative_gain_is_the_mean_over_measures_of_the_change_by_seed_with_less_of_an_error_a_gain()
    {
        var questions = Derived("""{ "by": "relative_gain", "from": ["accuracy", "error"], "against": "plain" }""").Validated();
        Assert.Equal([-0.15, null, 0.5], Rounded(questions.Read(DerivedValues, "new", "derived")));
        Assert.Equal([0, null, 0], questions.Read(DerivedValues, "plain", "derived"));
        Assert.Contains("0.175", StudyFiles.Page("d", questions, DerivedValues, []), StringComparison.Ordinal);

        static double?[] Rounded(double?[] values) => Array.ConvertAll(values, v => v is { } x ? Math.Round(x, 12) : v);
    }

    [Fact]
    public void A_swing_is_what_is_left_of_a_curve_without_its_straight_rise()
    {
        var questions = Derived("""{ "by": "swing", "from": ["accuracy", "error", "third"] }""").Validated();
        Assert.Equal([0.2, 0.1, null], questions.Read(DerivedValues, "new", "derived").Select(v => v is { } x ? Math.Round(x, 12) : v));
        Assert.Equal(0, Math.Round(questions.Read(DerivedValues, "plain", "derived")[0]!.Value, 12));
    }

    [Theory]
    [InlineData("""{ "by": "relative_gain", "from": ["accuracy"] }""", "an arm in 'against'")]
    [InlineData("""{ "by": "relative_gain", "from": ["accuracy"], "against": "plan" }""", "no arm 'plan' (did you mean 'plain'?)")]
    [InlineData("""{ "by": "relative_gain", "from": ["third"], "against": "plain" }""", "'third' needs 'higher_is_better'")]
    [InlineData("""{ "by": "relative_gain", "from": ["acuracy"], "against": "plain" }""", "no measure 'acuracy' (did you mean 'accuracy'?)")]
    [InlineData("""{ "by": "swing", "from": ["accuracy", "error"] }""", "three or more measures")]
    [InlineData("""{ "by": "swing", "from": ["accuracy", "error", "derived"] }""", "'derived' is derived itself")]
    public void A_derived_measure_that_does_not_fit_is_refused(string derived, string expected) =>
        Assert.Contains(expected, Message(() => Derived(derived).Validated()), StringComparison.Ordinal);

    [Theory]
    [InlineData("[0.7, 0.72, 0.69, 0.71]", "[0.7]", "as many values")]
    [InlineData("\"seeds\"", "\"seads\"", "not the results of a study")]
    [InlineData("{", "", "not the results of a study")]
    public void A_damaged_results_file_is_one_clear_line(string old, string now, string expected)
    {
        var path = _folder["small.json"];
        var text = Values().ToJson();
        var at = text.IndexOf(old, StringComparison.Ordinal);
        File.WriteAllText(path, text[..at] + now + text[(at + old.Length)..]);
        var error = Assert.Throws<InvalidInputException>(() => StudyValues.Read(path));
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("\"against\": \"short\"", "\"against\": \"shot\"", "no arm 'shot' (did you mean 'short'?)")]
    [InlineData("\"measures\": [\"loss\"]", "\"measures\": [\"lost\"]", "no measure 'lost'")]
    [InlineData("\"against\": \"short\", ", "", "either 'against', an arm, or 'than'")]
    [InlineData("train/{arm}\", \"metric\": \"loss", "eval/{arm}\", \"metric\": \"loss", "no stage 'eval/short' runs")]
    [InlineData("\"expect\": \"lower\"", "\"expect\": \"less\"", "expected one of different, higher, lower")]
    [InlineData("\"for\": { \"seed\": [1, 2] },", "", "tested over seeds")]
    public void A_study_that_does_not_fit_its_plan_is_refused_before_anything_runs(string old, string now, string expected)
    {
        const string Fits = """
            { "for": { "seed": [1, 2] },
              "stages": { "train/${arm}": { "kind": "scenes", "for": { "arm": ["short", "long"] }, "spec": { "num_scenes": 3 } } },
              "study": {
                "arms": { "short": { "title": "short" }, "long": { "title": "long" } },
                "measures": { "loss": { "title": "loss", "stage": "train/{arm}", "metric": "loss" } },
                "claims": [{ "arms": ["long"], "against": "short", "measures": ["loss"], "expect": "lower" }] } }
            """;
        File.WriteAllText(_folder["plan.jsonc"], Fits);
        Assert.Equal(2, Plan.Of(PlanFile.Load(_folder["plan.jsonc"]), "out").Study!.Arms.Count);
        Assert.Contains(old, Fits, StringComparison.Ordinal);
        File.WriteAllText(_folder["plan.jsonc"], Fits.Replace(old, now, StringComparison.Ordinal));
        var error = Assert.Throws<InvalidInputException>(() => Plan.Of(PlanFile.Load(_folder["plan.jsonc"]), "out"));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    private static StudyValues DerivedValues => Values() with
    {
        Seeds = [0, 1, 2],
        Values = new()
        {
            ["plain"] = new() { ["accuracy"] = [0.5, 0.4, 0.4], ["error"] = [0.2, 0, 0.2], ["third"] = [-0.1, 0, 0] },
            ["new"] = new() { ["accuracy"] = [0.6, 0.4, 0.6], ["error"] = [0.3, 0.2, 0.1], ["third"] = [0.4, 0.2, null] },
        },
    };

    private static StudyQuestions Derived(string derived) => ConfigBinder.Read<StudyQuestions>($$"""
        { "arms": { "plain": { "title": "plain" }, "new": { "title": "new" } },
          "measures": {
            "accuracy": { "title": "accuracy", "stage": "a", "metric": "accuracy", "higher_is_better": true },
            "error": { "title": "error", "stage": "a", "metric": "error", "higher_is_better": false },
            "third": { "title": "third", "stage": "a", "metric": "third" },
            "derived": { "title": "derived", "derived": {{derived}} } },
          "claims": [{ "arms": ["new"], "than": 0, "measures": ["derived"], "expect": "higher" }] }
        """, "study");

    private static StudyValues Values(int seeds = 4, string metric = "auc") => StudyValues.Of(
        Questions,
        Manifest("run", new JsonObject { ["name"] = "Small", ["parameters"] = JsonNode.Parse("""{ "steps": 3, "world": { "bias": 0.5 } }""") }, null, 0),
        [.. Enumerable.Range(0, seeds).Select(i => (long)i)],
        (seed, stage) => Manifest("eval", [],
            new JsonObject { [metric] = stage == "eval/new" ? New[seed] : stage == "eval/plain" ? Plain[seed] : throw new ArgumentException(stage) }, seed + 3),
        61.25);

    private static StageManifest Manifest(string kind, JsonObject config, JsonObject? result, double seconds) => new()
    {
        Kind = kind,
        Config = config,
        Inputs = new(StringComparer.Ordinal),
        NumThreads = 1,
        Versions = new(StringComparer.Ordinal) { ["fovea"] = "1.0" },
        Complete = true,
        Result = result,
        CoreSeconds = seconds,
    };

    private static string Message(Action action) => Assert.ThrowsAny<FoveaException>(action).Message;
}
