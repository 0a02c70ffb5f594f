using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Evaluation.Answers.Outcomes;
using Fovea.Pipeline.Findings;
using Fovea.Pipeline.Reports;
using Fovea.Pipeline.Stages;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea eval vig-questions</c> and <c>fovea eval gap</c>: what benchmarks need of their images, and what a model loses where images contradict language.</summary>
internal static class AnalysisCommands
{
    public static Command VigQuestions()
    {
        var model = new Option<string>("--model") { Description = "Model folder in Hugging Face form.", Required = true, HelpName = "DIR" };
        var questions = new Option<string>("--questions") { Description = "Questions with their right answers: a file, or a folder of files, e.g. one of each benchmark.", Required = true, HelpName = "FILE|DIR" };
        var suffix = new Option<string?>("--suffix") { Description = "Put behind each question that does not end in it, as it is (default: nothing).", HelpName = "TEXT" };
        var (images, template, device) = (CommonOptions.Images(), CommonOptions.Template(byFamily: true), CommonOptions.Device());
        var run = new StageOptions("Folder of the results.") { Resume = CommonOptions.Resume(), Threads = CommonOptions.Threads(), OverMemory = CommonOptions.AllowOverMemory() };
        return run.AddTo(new Command("vig-questions", "VIG of the right answers to questions, by benchmark and category: how far each needs its images.") { model, questions, images, suffix, template, device },
            parsed => new VigQuestionsStage
            {
                Model = parsed.GetValue(model)!,
                Questions = parsed.GetValue(questions)!,
                Images = parsed.GetValue(images),
                Suffix = parsed.GetValue(suffix) ?? "",
                Template = parsed.GetValue(template)!,
                Device = parsed.GetValue(device)!,
            });
    }

    public static Command Gap()
    {
        var folders = new Argument<string[]>("FOLDERS")
        {
            Description = $"What 'fovea eval scenes --conflict' wrote; or two folders with {OutcomeFile.FileName}, of answers on normal images and on conflicting ones.",
            HelpName = "DIR",
            Arity = new ArgumentArity(1, 2),
        };
        var output = new Option<string?>("--out", "-o") { Description = $"Folder for the table ({KeptFindings.FileName}), of which 'fovea report' makes a page.", HelpName = "DIR" };
        var json = CommonOptions.Json();
        return new Command("gap", "The language-bias gap: how much worse a model is on images that contradict what language expects.") { folders, output, json }.Runs((parsed, _) =>
        {
            var given = parsed.GetValue(folders)!;
            var table = given is [var scenes] ? LanguageBiasGap.OfScenes(scenes) : LanguageBiasGap.OfOutcomes(given[0], given[1]);
            if (parsed.GetValue(output) is { } folder)
            {
                var facts = given.Index().ToDictionary(g => given.Length == 1 ? "scenes" : g.Index == 0 ? "normal" : "conflict", g => g.Item);
                new KeptFindings("Language-bias gap", "What the model loses where images contradict what language expects.", [table],
                    facts.Concat(BuildVersions.All()).ToDictionary(f => f.Key, f => f.Value)).Write(folder);
            }

            var screen = new Screen(parsed.GetValue(json));
            screen.Show(() => Document(table), () => TerminalFindings.Show(screen, table));
        });
    }

    private static JsonObject Document(FindingTable table) => new()
    {
        ["gaps"] = new JsonObject(table.Rows.Select(r => KeyValuePair.Create(r.Key,
            (JsonNode?)new JsonObject(table.Columns.Select((c, i) => KeyValuePair.Create(c.Key, r.Cells[i].ToJson())))))),
        ["run"] = new JsonObject { ["note"] = table.Note, ["versions"] = JsonSerializer.SerializeToNode(BuildVersions.All()) },
    };
}
