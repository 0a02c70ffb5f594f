using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Evaluation.Answers;
using Fovea.Evaluation.Answers.Outcomes;
using Fovea.Pipeline.Findings;
using Fovea.Pipeline.Reports;
using Fovea.Pipeline.Stages;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea eval NAME</c> for a benchmark whose answer files are scored without a model, made from its entry in the catalogue.</summary>
internal static class AnswerCommand
{
    public static Command Create(AnswerBenchmark benchmark)
    {
        Option<string?>[] inputs = [.. benchmark.Inputs.Select(
            i => new Option<string?>("--" + i.Name) { Description = i.Help, Required = i.IsRequired && !(i.Name == benchmark.Asked?.Answers), HelpName = i.Form })];
        var parser = benchmark.Parsers.Count == 0 ? null : Names.Option("--parser",
            $"By whose rule answers are read: {string.Join("; ", benchmark.Parsers.Select(p => $"{p.Name}: {p.Help}"))}.", "NAME",
            [.. benchmark.Parsers.Select(p => p.Name)]);
        var output = new Option<string?>("--out", "-o") { Description = $"Folder for the document (scores.json) and the outcome of every question ({OutcomeFile.FileName}).", HelpName = "DIR" };
        var json = CommonOptions.Json();
        var ask = benchmark.Asked is { } asked ? new AskOptions(asked, isRequired: false) : null;
        return new Command(benchmark.Name, benchmark.Help + ".").With(
            [.. inputs, .. parser is null ? Array.Empty<Option>() : [parser], .. ask?.All ?? [], .. ask?.Altering ?? [], output, json]).Runs((parsed, stop) =>
        {
            var screen = new Screen(parsed.GetValue(json));
            var given = inputs.Where(i => parsed.GetValue(i) is not null).ToDictionary(i => i.Name.TrimStart('-'), i => parsed.GetValue(i)!);
            ask?.Alterations(parsed); // a wrong name is told before the model is asked
            if (ask is not null && parsed.GetValue(ask.Model) is not null)
            {
                given[benchmark.Asked!.Answers] = Answers(parsed, ask, benchmark.Asked, given, parsed.GetValue(output), screen, stop);
            }
            else if (ask?.IsAltering(parsed) == true)
            {
                throw new UsageException("--also: asks a model; name it with --model");
            }
            else if (benchmark.Asked is { } way && !given.ContainsKey(way.Answers))
            {
                throw new UsageException($"--{way.Answers}: expected the answers of a model, or --model to ask one");
            }

            var sources = new AnswerSources(given, parser is null ? "" : parsed.GetValue(parser)!);
            var score = benchmark.Score(sources);
            var findings = new AnswerFindings(score);
            var altered = ask?.IsAltering(parsed) == true ? AlteredAnswers.Of(parsed, ask, benchmark, sources, score.Outcomes, parsed.GetValue(output)!, screen, stop) : null;
            FindingTable[] tables = [.. findings.Tables(), .. altered?.Tables() ?? []];
            JsonObject Document()
            {
                var document = findings.Document(sources);
                if (altered is not null)
                {
                    document["altered"] = altered.Document([])["comparisons"]!.DeepClone();
                }

                return document;
            }

            if (parsed.GetValue(output) is { } folder)
            {
                OutcomeFile.Write(Path.Combine(folder, OutcomeFile.FileName), score.Outcomes);
                AtomicFile.WriteText(Path.Combine(folder, "scores.json"), JsonSerializer.Serialize(Document(), StageManifest.Json) + "\n");
                new KeptFindings($"Answers to {benchmark.Name}", benchmark.Help + ".", tables, sources.Paths.Concat(BuildVersions.All()).ToDictionary(p => p.Key, p => p.Value)).Write(folder);
            }

            screen.Show(Document, () =>
            {
                foreach (var table in tables)
                {
                    TerminalFindings.Show(screen, table);
                }
            });
        });
    }

    /// <summary>Puts the questions to the model; returns where its answers are.</summary>
    private static string Answers(
        ParseResult parsed, AskOptions ask, AskedAs asked, Dictionary<string, string> given, string? folder, Screen screen, CancellationToken stop)
    {
        if (given.ContainsKey(asked.Answers))
        {
            throw new UsageException($"--{asked.Answers}: give either answers, or --model to ask a model for them");
        }

        if (folder is null)
        {
            throw new UsageException("--out: expected a folder for the model's answers");
        }

        return ask.Ask(parsed, Questions(parsed, ask, asked, given, folder), Path.Combine(folder, "asked"), screen, stop);
    }

    /// <summary>The file of questions: as given, or made of the benchmark's files, in the folder of the answers.</summary>
    private static string Questions(ParseResult parsed, AskOptions ask, AskedAs asked, Dictionary<string, string> given, string folder)
    {
        if (asked.Make is not { } make)
        {
            return given.TryGetValue(AskedAs.Questions, out var questions) ? questions
                : throw new UsageException($"--{AskedAs.Questions}: expected the questions to ask the model");
        }

        var made = QuestionsOf(asked, new AnswerSources(given, ""), folder);
        var records = make(new AnswerSources(given, ""), ask.Images(parsed));
        AtomicFile.WriteText(made, string.Concat(records.Select(r => r.ToJsonString(AskStage.Line) + "\n")));
        return made;
    }

    /// <summary>Where the questions that were asked are: the file that was given, or the one that was made of the benchmark's files.</summary>
    internal static string QuestionsOf(AskedAs asked, AnswerSources sources, string folder) =>
        asked.Make is null ? sources[AskedAs.Questions] : Path.Combine(folder, "questions.jsonl");
}
