using System.Text.RegularExpressions;
using Fovea.Pipeline.Findings;
using Fovea.Pipeline.Plans;
using Fovea.Pipeline.Stages;
using Fovea.Pipeline.Studies;
using Fovea.Tests.Architecture;
using Fovea.Tests.Training;
using Xunit;

namespace Fovea.Tests.Documents;

/// <summary>docs/plans.md: its plans can be run, and it names every kind of stage.</summary>
public sealed partial class PlansPageTests : IDisposable
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "plans.md"));
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<int> Examples => [.. Enumerable.Range(0, Plans().Length)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Examples))]
    public void Every_example_is_a_plan(int example) => Assert.NotEmpty(Read(example).Stages);

    [Fact]
    public async Task The_first_example_runs()
    {
        var plan = Read(0);
        Assert.Equal(12, plan.Stages.Count);
        var outcome = await PlanRunner.RunAsync(plan, new PlanRequest(_folder["run"]), TestContext.Current.CancellationToken);
        Assert.NotNull(outcome.Metrics["select"]!["weights/half"]!["tau"]!["value"]);
        Assert.True(File.Exists(outcome.Report));
    }

    [Fact]
    public async Task The_example_of_a_study_runs_and_its_claim_is_tested()
    {
        var plan = Read(Array.FindIndex(Plans(), p => p.Contains("\"study\"", StringComparison.Ordinal)));
        var outcome = await PlanRunner.RunAsync(plan, new PlanRequest(_folder["run"]), TestContext.Current.CancellationToken);

        var run = FinishedPlan.Read(_folder["run"]);
        var (questions, values) = (StudyFindings.Questions(run), StudyFindings.Values(run));
        Assert.Equal([1, 2, 3], values.Seeds);
        Assert.All(values.Seeds.Index(), s => Assert.Equal((double?)run.Result(s.Item, "train/long")["final_loss"], values.Of("long", "loss")[s.Index]));
        var shown = Assert.Single(StudyComparison.Of(questions, values));
        Assert.Equal(values.Of("long", "loss").Zip(values.Of("short", "loss"), (a, b) => a!.Value - b!.Value).Average(), shown.Test!.Mean, 12);
        Assert.Equal(shown.Test.Mean, (double?)outcome.Metrics["claims"]!["1"]!["difference"]!["value"]);
    }

    [Fact]
    public void It_names_every_kind_of_stage() => Assert.All(StageCatalog.Names, kind => Assert.Contains($"`{kind}`", Page, StringComparison.Ordinal));

    private Plan Read(int example)
    {
        var configs = Path.Combine(Repository.Root, "configs").Replace('\\', '/');
        File.WriteAllText(_folder["plan.jsonc"], Plans()[example].Replace("\"extends\": \"", $"\"extends\": \"{configs}/", StringComparison.Ordinal));
        return Plan.Of(PlanFile.Load(_folder["plan.jsonc"]), _folder["run"]);
    }

    private static string[] Plans() => [.. Block().Matches(Page.ReplaceLineEndings("\n")).Select(m => m.Groups[1].Value)];

    [GeneratedRegex("```jsonc\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
