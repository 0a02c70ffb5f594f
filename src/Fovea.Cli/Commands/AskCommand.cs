using System.CommandLine;
using Fovea.Evaluation.Answers;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea eval ask</c>: any benchmark's questions to a model's answers.</summary>
internal static class AskCommand
{
    public static Command Create()
    {
        var questions = new Option<string>("--questions")
        {
            Description = "Questions: a file (JSON, JSON Lines, CSV, TSV, Excel), or a folder of files.",
            Required = true,
            HelpName = "FILE|DIR",
        };
        var ask = new AskOptions(new AskedAs(), isRequired: true);
        var run = new StageOptions("Folder of the answers.") { Threads = ask.Threads, OverMemory = ask.OverMemory };
        return run.AddTo(
            new Command("ask", "Puts questions to a model, and keeps each answer beside its question.").With(
                [questions, .. ask.All.Where(o => o != ask.Threads && o != ask.OverMemory)]), parsed => ask.Stage(parsed, parsed.GetValue(questions)!));
    }
}
