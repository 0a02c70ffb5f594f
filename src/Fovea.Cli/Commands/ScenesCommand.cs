using System.CommandLine;
using Fovea.Core.Configuration;
using Fovea.Data.Scenes;
using Fovea.Pipeline.Plans;
using Fovea.Pipeline.Stages;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea scenes</c>: the built-in world as an ordinary corpus.</summary>
internal static class ScenesCommand
{
    public static Command Create()
    {
        var config = CommonOptions.Config();
        var set = CommonOptions.Set();
        var seed = CommonOptions.Seed("Seed of the world.");
        var count = Numbers.Optional("--count", "Number of scenes.", "N", new Bounds<int>(AtLeast: 1));
        var command = new Command("scenes", "Writes the built-in world as a LLaVA-format corpus with PNG files and ground truth.") { config, set, seed, count };
        new StageOptions("Folder of the corpus.").AddTo(command, parsed =>
        {
            var overrides = parsed.GetValue(set)!;
            var spec = parsed.GetValue(config) is { } file ? ConfigFile.Load<SceneSpec>(file, overrides)
                : ConfigBinder.Read<SceneSpec>("{}", "fovea scenes", overrides);
            return new ScenesStage { Spec = spec with { Seed = parsed.GetValue(seed) ?? spec.Seed, NumScenes = parsed.GetValue(count) ?? spec.NumScenes } };
        });
        var tokenizer = new Command("tokenizer", "Writes the built-in world's tokenizer as Hugging Face files.");
        command.Add(new StageOptions("Folder of tokenizer.json.").AddTo(tokenizer, _ => new TokenizerStage()));
        return command;
    }
}
