using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Evaluation.Answers;
using Fovea.Evaluation.Answers.Outcomes;
using Fovea.Pipeline.Findings;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea eval NAME</c> for a benchmark whose answer files are scored without a model, made from its entry in the catalogue.</summary>
internal static class AnswerCommand
{
    public static Command Create(AnswerBenchmark benchmark)
    {
        Option<string?>[] inputs = [.. benchmark.Inputs.Select(
            i => new Option<string?>("--" + i.Name) { Description = i.Help, Required = i.IsRequired, HelpName = i.Form })];
        var parser = benchmark.Parsers.Count == 0 ? null : Names.Option("--parser",
            $"By whose rule answers are read: {string.Join("; ", benchmark.Parsers.Select(p => $"{p.Name}: {p.Help}"))}.", "NAME",
            [.. benchmark.Parsers.Select(p => p.Name)]);
        var output = new Option<string?>("--out", "-o") { Description = $"Folder for the document (scores.json) and the outcome of every question ({OutcomeFile.FileName}).", HelpName = "DIR" };
        var json = CommonOptions.Json();
        return new Command(benchmark.Name, benchmark.Help + ".").With([.. inputs, .. parser is null ? Array.Empty<Option>() : [parser], output, json]).Runs((parsed, _) =>
        {
            var given = inputs.Where(i => parsed.GetValue(i) is not null).ToDictionary(i => i.Name.TrimStart('-'), i => parsed.GetValue(i)!);
            var sources = new AnswerSources(given, parser is null ? "" : parsed.GetValue(parser)!);
            var score = benchmark.Score(sources);
            var findings = new AnswerFindings(score);
            if (parsed.GetValue(output) is { } folder)
            {
                OutcomeFile.Write(Path.Combine(folder, OutcomeFile.FileName), score.Outcomes);
                AtomicFile.WriteText(Path.Combine(folder, "scores.json"), JsonSerializer.Serialize(findings.Document(sources), StageManifest.Json) + "\n");
            }

            var screen = new Screen(parsed.GetValue(json));
            screen.Show(() => findings.Document(sources), () =>
            {
                foreach (var table in findings.Tables())
                {
                    TerminalFindings.Show(screen, table);
                }
            });
        });
    }
}
