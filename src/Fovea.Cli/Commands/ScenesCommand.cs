using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Core.Configuration;
using Fovea.Data.Scenes;
using Fovea.Pipeline.Plans;
using Fovea.Pipeline.Stages;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea scenes</c>: the built-in world as an ordinary corpus.</summary>
internal static class ScenesCommand
{
    /// <summary>Describes the command.</summary>
    public static Command Create()
    {
        var config = CommonOptions.Config(required: false);
        var set = CommonOptions.Set();
        var seed = CommonOptions.Seed("Seed of the world.");
        var count = Numbers.Optional("--count", "Number of scenes.", "N", new Bounds<int>(AtLeast: 1));
        var folder = CommonOptions.Out("Folder of the corpus.");
        var json = CommonOptions.Json();
        var command = new Command("scenes", "Writes the built-in world as a LLaVA-format corpus with PNG files and ground truth.") { config, set, seed, count, folder, json };
        command.SetAction((parsed, _) => Guard.Run("fovea scenes", stop =>
        {
            var overrides = parsed.GetValue(set)!;
            var spec = parsed.GetValue(config) is { } file
                ? ConfigFile.Load<SceneSpec>(file, overrides)
                : ConfigBinder.Read<SceneSpec>("{}", "fovea scenes", overrides);
            spec = spec with { Seed = parsed.GetValue(seed) ?? spec.Seed, NumScenes = parsed.GetValue(count) ?? spec.NumScenes };
            StageCommand.Run(new ScenesStage { Spec = spec }, parsed.GetValue(folder)!, 1, Existing.Continue, new Screen(parsed.GetValue(json)), stop);
        }, Guard.Continued));
        command.Add(Tokenizer());
        return command;
    }

    private static Command Tokenizer()
    {
        var folder = CommonOptions.Out("Folder of tokenizer.json.");
        var json = CommonOptions.Json();
        var command = new Command("tokenizer", "Writes the built-in world's tokenizer as Hugging Face files.") { folder, json };
        command.SetAction((parsed, _) => Guard.Run("fovea scenes tokenizer", stop =>
            StageCommand.Run(new TokenizerStage(), parsed.GetValue(folder)!, 1, Existing.Continue, new Screen(parsed.GetValue(json)), stop), Guard.Continued));
        return command;
    }
}
