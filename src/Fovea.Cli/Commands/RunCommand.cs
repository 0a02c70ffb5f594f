using System.CommandLine;
using Fovea.Pipeline.Plans;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea run</c>: all stages of a plan.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var plan = new Argument<string?>("PLAN") { Description = "A plan file; see configs/ and docs/plans.md.", Arity = ArgumentArity.ZeroOrOne, HelpName = "PLAN" };
        var config = new Option<string?>("--config") { Description = "The same as PLAN.", HelpName = "FILE" };
        var command = new Command("run", "Runs a plan: reference, scores, weights, training, evaluation, report, or whatever its stages are.") { plan, config };
        return new PlanOptions().AddTo(command, parsed => PlanFile.Load(Only(parsed.GetValue(plan), parsed.GetValue(config))));
    }

    private static string Only(string? plan, string? config) =>
        (plan ?? config) is not { } file ? throw new UsageException("expected a plan file, such as configs/llava.jsonc")
        : plan is null || config is null ? file
        : throw new UsageException("--config: a plan is given already");
}

/// <summary><c>fovea demo</c>: the built-in plan on the built-in world.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var quick = new Option<bool>("--quick") { Description = "One seed and fewer steps, into runs/demo-quick: a first look, 3 minutes on two free cores (the whole demo: 14 minutes)." };
        var command = new Command("demo", "Runs the whole chain on the built-in world (runs/demo, or runs/demo-quick) and writes report.html.") { quick };
        return new PlanOptions().AddTo(command, parsed => PlanFile.BuiltIn(parsed.GetValue(quick) ? "demo-quick.jsonc" : "demo.jsonc"));
    }
}
