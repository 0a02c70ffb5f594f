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
        var followLinks = CommonOptions.FollowLinks();
        var rename = CommonOptions.Rename();
        var set = CommonOptions.Set();
        var resume = CommonOptions.Resume();
        var threads = CommonOptions.Threads();
        var anyThreads = new Option<bool>("--any-threads") { Description = "With --resume: continue although the number of threads differs; the last bits will too." };
        var json = CommonOptions.Json();
        var command = new Command("train", "Trains one model; configs/{reference,align,pretrain,tune,lora}.jsonc are the stages.") { config, folder, weights, seed, followLinks, rename, set, resume, threads, anyThreads, json };
        command.SetAction((parsed, _) => Guard.Run("fovea train", stop =>
        {
            var stage = ConfigBinder.Load<TrainStage>(parsed.GetValue(config)!, parsed.GetValue(set));
            stage = stage with { Weights = parsed.GetValue(weights) ?? stage.Weights };
            stage = parsed.GetValue(followLinks) ? stage with { Data = Linked(stage.Data), HeldOut = Linked(stage.HeldOut) } : stage;
            stage = stage with { Data = Renamed.Apply(stage.Data, parsed.GetValue(rename)!, stage.HeldOut), HeldOut = Renamed.Apply(stage.HeldOut, parsed.GetValue(rename)!, stage.Data) };
            stage = parsed.GetValue(seed) is { } s ? stage with { Training = stage.Training with { Seed = s } } : stage;
            StageCommand.Run(stage, parsed.GetValue(folder)!, parsed.GetValue(threads),
                parsed.GetValue(resume) ? Existing.Continue : Existing.Refuse, new Screen(parsed.GetValue(json)), stop, parsed.GetValue(anyThreads));
        }));
        return command;
    }

    private static IReadOnlyList<DataSource> Linked(IReadOnlyList<DataSource> data) => [.. data.Select(d => d with { FollowLinks = true })];
}
