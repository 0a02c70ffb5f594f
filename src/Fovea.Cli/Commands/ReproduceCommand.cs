using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Pipeline.Findings;
using Fovea.Pipeline.Plans;
using Fovea.Pipeline.Studies;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea reproduce</c>: a study, from its plan to its tables.</summary>
internal static class ReproduceCommand
{
    public static Command Create()
    {
        var study = new Argument<string>("STUDY") { Description = $"A study ({string.Join(", ", BuiltInPlans.Studies)}), or a plan file with a 'study'.", HelpName = "STUDY" };
        var results =
            new Option<string?>("--results") { Description = "Folder of STUDY.json, the measured values, and STUDY.md and STUDY.svg, made from them (default: the run's folder).", HelpName = "DIR" };
        var from = new Option<string?>("--from") { Description = "Run nothing: make the page and figure again from this file of values, beside it or into --results.", HelpName = "FILE" };
        var options = new PlanOptions();
        var command =
            new Command("reproduce", "Runs a study: its plan over all seeds, and its claims, set down beforehand, tested by seed.") { study, results, from };
        return options.AddTo(command, async (parsed, stop) =>
        {
            var plan = BuiltInPlans.Study(parsed.GetValue(study)!);
            var questions = PlanStudy.Of(plan) ?? throw new UsageException($"{plan.Path}: this plan has no 'study'; run it with fovea run");
            var (name, defaults) = (Path.GetFileNameWithoutExtension(plan.Path), Plan.ParametersOf(plan));
            void Write(string folder, StudyValues values)
            {
                StudyFiles.Write(folder, name, questions, values, defaults);
                Screen.Notice($"results: {Path.Combine(folder, name)}.json, .md and .svg");
            }

            if (parsed.GetValue(from) is { } file)
            {
                Write(parsed.GetValue(results) ?? Path.GetDirectoryName(Path.GetFullPath(file))!, StudyValues.Read(file));
            }
            else if (await options.RunAsync(parsed, plan, stop) is { } run)
            {
                Write(parsed.GetValue(results) ?? run, StudyFindings.Values(FinishedPlan.Read(run)));
            }
        });
    }
}
