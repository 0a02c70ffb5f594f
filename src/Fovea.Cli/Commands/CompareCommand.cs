using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Evaluation.Answers.Outcomes;
using Fovea.Evaluation.Comparison;
using Fovea.Pipeline.Findings;
using Fovea.Pipeline.Stages;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea eval compare</c>: models by the outcomes of their answers, paired by question.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        var models = new Argument<string[]>("MODELS")
        {
            Description = $"Two models or more, the first is what the others are compared with: [NAME=]PATH of {OutcomeFile.FileName}, of its folder, or of a folder with one such folder for each benchmark.",
            HelpName = "MODEL",
            Arity = new ArgumentArity(2, 100),
        };
        var metrics = new Option<string[]>("--metric") { Description = "Compare this metric, of each benchmark that has it (default: each benchmark's first). Repeatable.", HelpName = "NAME", DefaultValueFactory = _ => [] };
        var output = new Option<string?>("--out", "-o") { Description = "Folder for the document (comparison.json) and a page (comparison.html).", HelpName = "DIR" };
        var json = CommonOptions.Json();
        return new Command("compare", "Compares models by their outcomes on the same questions: paired, by what was sampled, with Holm's adjustment.") { models, metrics, output, json }
            .Runs((parsed, _) =>
            {
                var named = parsed.GetValue(models)!.Select(Named).ToArray();
                var compared = named.Select(n => new ComparedModel(n.Key, OutcomeFile.ReadAll(n.Value))).ToArray();
                var findings = new ComparedAnswers(OutcomeComparison.Of(compared, parsed.GetValue(metrics)!), compared[0].Name);
                if (parsed.GetValue(output) is { } folder)
                {
                    AtomicFile.WriteText(Path.Combine(folder, "comparison.json"), JsonSerializer.Serialize(findings.Document(named), StageManifest.Json) + "\n");
                    new KeptFindings("Models compared by their answers", "Paired by question, from the outcomes of scored answers.", [.. findings.Tables()],
                        named.Concat(BuildVersions.All()).ToDictionary(p => p.Key, p => p.Value)).Write(folder);
                    findings.WritePage(Path.Combine(folder, "comparison.html"), named);
                }

                var screen = new Screen(parsed.GetValue(json));
                screen.Show(() => findings.Document(named), () =>
                {
                    foreach (var table in findings.Tables())
                    {
                        TerminalFindings.Show(screen, table);
                    }
                });
            });
    }

    /// <summary>A model's name and path; without a name that of its folder, or of its file where that has another name than all have.</summary>
    private static KeyValuePair<string, string> Named(string given)
    {
        if (given.IndexOf('=', StringComparison.Ordinal) is > 0 and var at && !Path.Exists(given))
        {
            return KeyValuePair.Create(given[..at], given[(at + 1)..]);
        }

        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(given));
        var name = Path.GetFileName(path) == OutcomeFile.FileName ? Path.GetDirectoryName(path)! : path;
        return KeyValuePair.Create(Path.GetFileName(name), given);
    }
}
