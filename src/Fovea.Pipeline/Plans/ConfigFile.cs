using Fovea.Core.Configuration;
using Fovea.Core.Errors;
using Fovea.Core.Files;
using Fovea.Data.Scenes;
using Fovea.Pipeline.Stages;

namespace Fovea.Pipeline.Plans;

/// <summary>The configuration files of all commands that have one: a file that is for another command is called so, before its keys are called unknown.</summary>
public static class ConfigFile
{
    private static readonly (string Command, Type Config)[] Commands =
        [("fovea run", typeof(RunConfig)), ("fovea train", typeof(TrainStage)), ("fovea scenes", typeof(SceneSpec))];

    /// <summary>Reads a file and applies overrides (<see cref="ConfigBinder"/>).</summary>
    /// <exception cref="InvalidInputException">The file is absent, for another command, or does not fit <typeparamref name="T"/>.</exception>
    public static T Load<T>(string path, IEnumerable<string>? overrides = null)
    {
        if (File.Exists(path))
        {
            var keys = ConfigNode.Parse(RegularFile.ReadAllText(path, RegularFile.MaxJson), path).Members.Keys;
            if (!Knows(typeof(T), keys) && Array.Find(Commands, c => Knows(c.Config, keys)).Command is { } other)
            {
                throw new InvalidInputException(path, null, $"a configuration for '{other}', not for '{Array.Find(Commands, c => c.Config == typeof(T)).Command}'; give it to that command");
            }
        }

        return ConfigBinder.Load<T>(path, overrides);
    }

    private static bool Knows(Type config, IEnumerable<string> keys) => !keys.Except(config.GetProperties().Where(p => p.CanWrite).Select(ConfigBinder.KeyOf)).Any();
}
