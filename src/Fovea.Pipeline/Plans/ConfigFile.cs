using Fovea.Core.Configuration;
using Fovea.Data.Scenes;
using Fovea.Pipeline.Stages;

namespace Fovea.Pipeline.Plans;

/// <summary>
/// The configuration files of all commands that have one: a file that is for another command is called so, before its keys are called unknown.
/// </summary>
public static class ConfigFile
{
    private static readonly (string Command, string[] Keys, Type? Config)[] Commands =
        [("fovea run", PlanFile.Keys, null), ("fovea train", KeysOf(typeof(TrainStage)), typeof(TrainStage)),
            ("fovea scenes", KeysOf(typeof(SceneSpec)), typeof(SceneSpec))];

    /// <summary>Reads a file and applies overrides (<see cref="ConfigBinder"/>).</summary>
    /// <exception cref="InvalidInputException">The file is absent, for another command, or does not fit <typeparamref name="T"/>.</exception>
    public static T Load<T>(string path, IEnumerable<string>? overrides = null)
    {
        if (File.Exists(path))
        {
            RefuseOther(ConfigNode.Parse(RegularFile.ReadAllText(path, RegularFile.MaxJson), path), Array.Find(Commands, c => c.Config == typeof(T)).Command);
        }

        return ConfigBinder.Load<T>(path, overrides);
    }

    /// <summary>Refuses a file whose keys another command knows, and this one does not.</summary>
    /// <exception cref="InvalidInputException">It is for that command.</exception>
    internal static void RefuseOther(ConfigNode root, string command)
    {
        if (!Knows(Array.Find(Commands, c => c.Command == command), root) && Array.Find(Commands, c => Knows(c, root)).Command is { } other)
        {
            throw new InvalidInputException(root.File, null, $"a configuration for '{other}', not for '{command}'; give it to that command");
        }
    }

    private static bool Knows((string Command, string[] Keys, Type? Config) command, ConfigNode root) => !root.Members.Keys.Except(command.Keys).Any();

    private static string[] KeysOf(Type config) => [.. ConfigBinder.Keys(config).Select(ConfigBinder.KeyOf)];
}
