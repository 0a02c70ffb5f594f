using Fovea.Core.Errors;
using Fovea.Pipeline.Findings;
using Fovea.Pipeline.Plans;
using Fovea.Pipeline.Studies;
using Fovea.Tests.Architecture;
using Xunit;

namespace Fovea.Tests.Studies;

/// <summary>The studies that are shipped: each has a plan, a protocol, and results only as its committed values make them.</summary>
public sealed class ShippedStudiesTests
{
    private static readonly string Docs = Path.Combine(Repository.Root, "docs");

    public static TheoryData<string> Names => [.. BuiltInPlans.Studies];

    [Fact]
    public void They_are_the_plans_in_configs_studies_and_have_a_protocol_each()
    {
        Assert.Equal(Directory.GetFiles(Path.Combine(Repository.Root, "configs", "studies")).Select(Path.GetFileNameWithoutExtension)
            .Order(StringComparer.Ordinal), BuiltInPlans.Studies);
        Assert.Equal(BuiltInPlans.Studies, Directory.GetFiles(Path.Combine(Docs, "studies")).Select(f => Path.GetFileNameWithoutExtension(f)!)
            .Order(StringComparer.Ordinal));
        Assert.Contains("no study 'proxes' (did you mean 'proxies'?)", Assert.Throws<UsageException>(() => BuiltInPlans.Study("proxes")).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_protocol_names_every_arm_measure_and_the_number_of_comparisons(string name)
    {
        var plan = Plan.Of(BuiltInPlans.Study(name), "out");
        var protocol = File.ReadAllText(Path.Combine(Docs, "studies", name + ".md"));
        Assert.All(plan.Study!.Arms.Keys.Concat(plan.Study.Measures.Keys), key => Assert.Contains($"`{key}`", protocol, StringComparison.Ordinal));
        Assert.Contains($"Holm's adjustment over the {plan.Study.Comparisons().Count()} comparisons", protocol, StringComparison.Ordinal);
        Assert.True(plan.Values("seed").Count >= 8);
        Assert.Contains($"{plan.Values("seed")[0]} to {plan.Values("seed")[^1]}", protocol, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Committed_pages_and_figures_are_those_that_the_values_make(string name)
    {
        string Committed(string ending) => Path.Combine(Docs, "results", name + ending);
        if (!File.Exists(Committed(".json")))
        {
            Assert.False(File.Exists(Committed(".md")) || File.Exists(Committed(".svg")), $"{name}: a page or figure without the values that it is made from");
            return;
        }

        var plan = BuiltInPlans.Study(name);
        var (questions, values) = (PlanStudy.Of(plan)!, StudyValues.Read(Committed(".json")));
        Assert.Equal(StudyFiles.Page(name, questions, values, Plan.ParametersOf(plan)), File.ReadAllText(Committed(".md")));
        Assert.Equal(StudyFindings.Figure(questions, values), File.ReadAllText(Committed(".svg")));
    }
}
