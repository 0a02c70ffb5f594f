using System.CommandLine;
using Fovea.Evaluation.Running;
using Fovea.Pipeline.Stages;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea eval NAME</c> for an evaluation that reads the texts of any corpus, made from its entry in the catalogue.</summary>
internal static class CorpusEvalCommand
{
    public static Command Create(Benchmark benchmark)
    {
        var model = new Option<string>("--model") { Description = "Model folder in Hugging Face form.", Required = true, HelpName = "DIR" };
        var corpus = new CorpusOptions();
        var template = CommonOptions.Template();
        var seed = CommonOptions.Seed("Of whatever is drawn (default: 0).");
        var (maxInvalid, onBadSample, device) = (CommonOptions.MaxInvalid(), CommonOptions.OnBadSample(), CommonOptions.Device());
        var run = new StageOptions("Folder of the results.")
        {
            Resume = CommonOptions.Resume(),
            Threads = CommonOptions.Threads(),
            OverMemory = CommonOptions.AllowOverMemory(),
        };
        var help = char.ToUpperInvariant(benchmark.Help[0]) + benchmark.Help[1..] + ".";
        return run.AddTo(new Command(benchmark.Name, help).With([model, .. corpus.All, template, seed, maxInvalid, onBadSample, device]), parsed => new EvalStage
        {
            Benchmark = benchmark.Name,
            Model = parsed.GetValue(model)!,
            Data = [corpus.Source(parsed)],
            Template = parsed.GetValue(template)!,
            Seed = parsed.GetValue(seed) ?? 0,
            MaxInvalid = parsed.GetValue(maxInvalid),
            OnBadSample = parsed.GetValue(onBadSample),
            Device = parsed.GetValue(device)!,
        });
    }
}
