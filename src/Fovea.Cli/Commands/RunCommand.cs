using System.CommandLine;
using Fovea.Core.Configuration;
using Fovea.Pipeline.Plans;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea run</c>: the whole experiment of a configuration.</summary>
internal static class RunCommand
{
    /// <summary>Describes the command.</summary>
    public static Command Create()
    {
        var config = CommonOptions.Config(required: true);
        var options = new StoryOptions();
        var command = new Command("run", "Runs a whole configuration: reference, scores, weights, training, evaluation, report.") { config };
        options.AddTo(command);
        command.SetAction((parsed, _) => Guard.RunAsync("fovea run", stop =>
        {
            var file = parsed.GetValue(config)!;
            var run = ConfigFile.Load<RunConfig>(file, parsed.GetValue(options.Set));
            return options.RunAsync(parsed, run, file, stop);
        }, Guard.Resumable));
        return command;
    }
}

/// <summary><c>fovea demo</c>: the built-in configuration on the built-in world.</summary>
internal static class DemoCommand
{
    /// <summary>Describes the command.</summary>
    public static Command Create()
    {
        var quick = new Option<bool>("--quick") { Description = "One seed and fewer steps, into runs/demo-quick: a first look, measured at 155 s on two free cores (the whole demo: 10 min)." };
        var options = new StoryOptions();
        var command = new Command("demo", "Runs the whole chain on the built-in world (runs/demo, or runs/demo-quick) and writes report.html.") { quick };
        options.AddTo(command);
        command.SetAction((parsed, _) => Guard.RunAsync("fovea demo", stop =>
        {
            var name = parsed.GetValue(quick) ? "demo-quick.jsonc" : "demo.jsonc";
            var run = ConfigBinder.Read<RunConfig>(BuiltInConfigs.Read(name), name, parsed.GetValue(options.Set));
            return options.RunAsync(parsed, run, name, stop);
        }, Guard.Resumable));
        return command;
    }
}
