using System.CommandLine;
using Fovea.Core.Configuration;
using Fovea.Evaluation;
using Fovea.Pipeline.Stages;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea eval</c>: a model on the built-in world (<c>scenes</c>), and answer files that others made, by the name of their benchmark.</summary>
internal static class EvalCommand
{
    public static Command Create()
    {
        var eval = new Command("eval", "Evaluates a model, or scores answers that one gave.")
        {
            Scenes(), AskCommand.Create(), CompareCommand.Create(), AnalysisCommands.VigQuestions(), AnalysisCommands.Gap(), JudgeCommands.Prompts(), JudgeCommands.Judge(),
        };
        foreach (var benchmark in Benchmarks.BuiltIn.Where(b => !b.Generates))
        {
            eval.Add(CorpusEvalCommand.Create(benchmark));
        }

        foreach (var benchmark in AnswerBenchmarks.BuiltIn)
        {
            eval.Add(AnswerCommand.Create(benchmark));
        }

        return eval;
    }

    private static Command Scenes()
    {
        var model = new Option<string>("--model") { Description = "Model folder in Hugging Face form.", Required = true, HelpName = "DIR" };
        var scenes = new Option<string>("--scenes") { Description = "Folder that 'fovea scenes' wrote.", Required = true, HelpName = "DIR" };
        var conflict = new Option<string?>("--conflict") { Description = "A second folder, whose scenes contradict the bias.", HelpName = "DIR" };
        var tokens = Numbers.Option("--max-new-tokens", "Most tokens of a generated caption.", "N", 64, new Bounds<int>(AtLeast: 1));
        var decode = CommonOptions.Decode();
        var maxInvalid = CommonOptions.MaxInvalid();
        var onBadSample = CommonOptions.OnBadSample();
        var device = CommonOptions.Device();
        var run = new StageOptions("Folder of predictions and results.")
        {
            Resume = CommonOptions.Resume(),
            Threads = CommonOptions.Threads(),
            OverMemory = CommonOptions.AllowOverMemory(),
        };
        var command =
            new Command("scenes", "Evaluates on the built-in world: CHAIR, recall, grounded NLL and accuracy, POPE, questions by type, the conflict set.")
        {
            model, scenes, conflict, tokens, decode, maxInvalid, onBadSample, device,
        };
        return run.AddTo(command, parsed => new EvalScenesStage
        {
            Model = parsed.GetValue(model)!,
            Scenes = parsed.GetValue(scenes)!,
            Conflict = parsed.GetValue(conflict),
            Device = parsed.GetValue(device)!,
            MaxNewTokens = parsed.GetValue(tokens),
            Decode = parsed.GetValue(decode),
            MaxInvalid = parsed.GetValue(maxInvalid),
            OnBadSample = parsed.GetValue(onBadSample),
        });
    }
}
