using System.Text.Json;
using System.Text.Json.Nodes;
using Fovea.Core.Provenance;
using Fovea.Core.Text;
using Fovea.Pipeline.Plans;

namespace Fovea.Cli.Terminal;

/// <summary>What a whole run found, on standard output.</summary>
internal static class PlanResults
{
    /// <summary>Shows the findings as tables and sentences, or all of it as one JSON document.</summary>
    public static void Show(Screen screen, PlanRequest request, PlanOutcome outcome)
    {
        if (!screen.Json)
        {
            TerminalFindings.Show(screen, outcome.Findings);
            Screen.Notice($"complete in {Durations.InWords(outcome.Seconds)}");
            screen.Results.Profile.Out.Writer.WriteLine($"report: {outcome.Report}");
            return;
        }

        var document = new JsonObject
        {
            ["metrics"] = outcome.Metrics,
            ["findings"] = outcome.Findings.Conclusions.ToJson(),
            ["run"] = new JsonObject
            {
                ["out"] = request.Out,
                ["report"] = outcome.Report,
                ["seconds"] = Math.Round(outcome.Seconds, 1),
                ["config"] = outcome.Manifest.Config.DeepClone(),
                ["versions"] = JsonSerializer.SerializeToNode(outcome.Manifest.Versions),
            },
        };
        Console.WriteLine(document.ToJsonString(StageManifest.Json));
    }
}
