using System.Text.Json;
using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Core.Text;
using Fovea.Pipeline.Plans;

namespace Fovea.Cli.Terminal;

/// <summary>What a plan would do, on standard output: <c>--dry-run</c>.</summary>
internal static class PlanView
{
    private const double Mib = 1 << 20;

    /// <summary>Shows the stages with their state, and what is known of memory and time.</summary>
    public static void Show(Screen screen, PlanFile file, Plan plan, string folder)
    {
        var workers = plan.NumWorkers > 0 ? plan.NumWorkers : Math.Max(1, Environment.ProcessorCount / plan.NumThreads);
        var overview = PlanOverview.Of(plan, folder, workers);
        if (screen.Json)
        {
            var document = new JsonObject
            {
                ["plan"] = overview.ToJson(),
                ["parameters"] = plan.Parameters.DeepClone(),
                ["run"] = new JsonObject { ["out"] = folder },
            };
            Console.WriteLine(document.ToJsonString(StageManifest.Json));
            return;
        }

        var output = screen.Results.Profile.Out.Writer;
        var width = overview.Stages.Max(s => s.Stage.Name.Length);
        foreach (var (stage, state, obstacle, seconds) in overview.Stages)
        {
            string[] facts = [stage.Kind, state, .. seconds is { } s ? [(state == "complete" ? "" : "about ") + Durations.InWords(s)] : Array.Empty<string>(), .. stage.Memory is { } bytes ? [$"{bytes / Mib:0} MiB"] : Array.Empty<string>()];
            output.WriteLine($"{stage.Name.PadRight(width)}  {string.Join(", ", facts)}{(stage.After.Count == 0 ? "" : $"  <- {string.Join(", ", stage.After)}")}");
            if (obstacle is not null)
            {
                output.WriteLine($"  {obstacle}");
            }
        }

        output.WriteLine($"\n{Note(overview)}\n");
        foreach (var parameter in file.Parameters.Values.Where(p => p.Help is not null))
        {
            output.WriteLine($"--set {parameter.Name}={Quoted.Shorten(plan.Parameters[parameter.Name]?.ToJsonString(Plain) ?? "null", 60)}  {parameter.Help}");
        }

        output.WriteLine($"other parameters: {string.Join(", ", file.Parameters.Values.Where(p => p.Help is null).Select(p => p.Name))}");
    }

    private static readonly JsonSerializerOptions Plain = new() { Encoder = StageManifest.Json.Encoder };

    private static string Note(PlanOverview overview)
    {
        var left = overview.Left.Count();
        var time = left == 0 ? "Nothing is left to do."
            : $"{left} of {overview.Stages.Count} stages are left. Time: "
                + (overview.Seconds is { } seconds ? $"about {Durations.InWords(seconds)} one after another, by the rates of this run's complete stages" : "not known before a stage of each kind is complete")
                + (overview.Seconds is not null && overview.Unmeasured.Count > 0 ? $"; not counted: {string.Join(", ", overview.Unmeasured)}, of which none is complete yet" : "") + ".";
        return $"{time} Memory: {(overview.Memory is { } bytes ? $"at least {bytes / Mib:0} MiB for weights, gradients and moments with {overview.NumWorkers} side by side; each stage plans its own exactly before it begins" : "no model's size is known yet")}.";
    }
}
