using System.CommandLine;
using System.Text.Json.Nodes;
using Fovea.Cli.Story;
using Fovea.Cli.Terminal;
using Fovea.Core.Provenance;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea report</c>: one self-contained HTML file from a run's folder.</summary>
internal static class ReportCommand
{
    /// <summary>Describes the command.</summary>
    public static Command Create()
    {
        var run = new Argument<string>("RUN") { Description = "Folder of a complete run or training run." };
        var output = new Option<string?>("--out", "-o") { Description = "The file to write (default: report.html in the run's folder).", HelpName = "FILE" };
        var json = CommonOptions.Json();
        var command = new Command("report", "Writes a self-contained HTML report of a run.") { run, output, json };
        command.SetAction((parsed, _) => Guard.Run("fovea report", _ =>
        {
            var folder = parsed.GetValue(run)!;
            var path = parsed.GetValue(output) ?? Path.Combine(folder, "report.html");
            StoryReport.Write(folder, path);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(new JsonObject { ["metrics"] = new JsonObject(), ["run"] = new JsonObject { ["report"] = path } }.ToJsonString(StageManifest.Json));
            }
            else
            {
                Screen.Notice($"report: {path}");
            }
        }));
        return command;
    }
}
