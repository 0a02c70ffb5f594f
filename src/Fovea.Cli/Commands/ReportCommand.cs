using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Pipeline.Findings;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea report</c>: one self-contained HTML file from the folder of a run, an evaluation, scores or weights.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var run = new Argument<string>("RUN") { Description = "Folder of a run or demo, a training run, an evaluation, a score store or a selection." };
        var output = new Option<string?>("--out", "-o") { Description = "The file to write (default: report.html in the run's folder).", HelpName = "FILE" };
        var baseline =
            new Option<string?>("--baseline") { Description = "For an evaluation: the evaluation to compare with, made on the same data.", HelpName = "DIR" };
        var json = CommonOptions.Json();
        return new Command("report", "Writes a self-contained HTML report of what a folder holds.") { run, output, baseline, json }.Runs((parsed, _) =>
        {
            var folder = parsed.GetValue(run)!;
            var path = parsed.GetValue(output) ?? Path.Combine(folder, "report.html");
            FolderReport.Write(folder, path, parsed.GetValue(baseline));
            new Screen(parsed.GetValue(json)).Show(
                () => new JsonObject { ["metrics"] = new JsonObject(), ["run"] = new JsonObject { ["report"] = path } },
                    () => Screen.Notice($"report: {path}"));
        });
    }
}
