using System.CommandLine;
using Fovea.Cli.Stages;
using Fovea.Cli.Terminal;
using Fovea.Core.Configuration;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea train</c>: one training run from a configuration.</summary>
internal static class TrainCommand
{
    /// <summary>Describes the command.</summary>
    public static Command Create()
    {
        var config = CommonOptions.Config(required: true);
        var folder = CommonOptions.Out("Folder of the training run.");
        var weights = new Option<string?>("--weights") { Description = "Token weights that 'fovea select' wrote; absent: plain next-token prediction.", HelpName = "W" };
        var seed = CommonOptions.Seed("Order of the samples and initial weights.");
        var set = CommonOptions.Set();
        var resume = CommonOptions.Resume();
        var threads = CommonOptions.Threads();
        var anyThreads = new Option<bool>("--any-threads") { Description = "With --resume: go on although the number of threads differs; the last bits will too." };
        var overMemory = CommonOptions.AllowOverMemory();
        var json = CommonOptions.Json();
        var command = new Command("train", "Trains one model; configs/{reference,align,pretrain,tune,lora}.jsonc are the stages.") { config, folder, weights, seed, set, resume, threads, anyThreads, overMemory, json };
        command.SetAction((parsed, _) => Guard.Run("fovea train", stop =>
        {
            var stage = ConfigBinder.Load<TrainStage>(parsed.GetValue(config)!, parsed.GetValue(set));
            stage = stage with { Weights = parsed.GetValue(weights) ?? stage.Weights };
            stage = parsed.GetValue(seed) is { } s ? stage with { Training = stage.Training with { Seed = s } } : stage;
            StageCommand.Run(stage, parsed.GetValue(folder)!, parsed.GetValue(threads),
                parsed.GetValue(resume) ? Existing.Continue : Existing.Refuse, new Screen(parsed.GetValue(json)), stop, parsed.GetValue(anyThreads), parsed.GetValue(overMemory));
        }));
        return command;
    }
}
