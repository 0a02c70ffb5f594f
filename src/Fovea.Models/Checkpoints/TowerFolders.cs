using Fovea.Core.Json;
using Fovea.Models.Configs;
using Fovea.Models.Families;

namespace Fovea.Models.Checkpoints;

/// <summary>Where the tower lies that a checkpoint only names, and what is known of published ones.</summary>
internal static class TowerFolders
{
    /// <summary>Name of the sub folder in which a tower is looked for and written.</summary>
    public const string Name = "tower";

    private static readonly VisionConfig ClipLarge = new()
    {
        ImageSize = 336,
        PatchSize = 14,
        HiddenSize = 1024,
        IntermediateSize = 4096,
        NumLayers = 24,
        NumHeads = 16,
    };

    /// <summary>
    /// The folder of the tower, or null: the one given, <c>tower</c> in the model's folder, or the folder in it that its configuration names.
    /// </summary>
    /// <exception cref="InvalidInputException">A folder was given that holds no configuration.</exception>
    public static string? Find(string dir, string? given, string? named)
    {
        if (given is not null)
        {
            return HasConfig(given)
                ? given
                : throw new InvalidInputException(given, null, $"no {ModelLayouts.ConfigName}; expected a CLIP or SigLIP tower's folder");
        }

        return Inside(dir, Name) ?? (named is null ? null : Inside(dir, named));
    }

    /// <summary>The shape of the tower in a folder, and its configuration to be written again.</summary>
    /// <exception cref="InvalidInputException">Not a tower's configuration, or one that is not supported.</exception>
    public static (VisionConfig Config, ConfigDocument Document) Read(string folder) => ForeignJson.Read(
        Path.Combine(folder, ModelLayouts.ConfigName), json => (VisionConfig.Read(json), new ConfigDocument($"{Name}/{ModelLayouts.ConfigName}", json)));

    /// <summary>A folder inside <paramref name="dir"/> that has a configuration, or null; a name that leads out of it is not followed.</summary>
    public static string? Inside(string dir, string name)
    {
        if (Path.IsPathRooted(name) || name.Split('/', '\\').Contains(".."))
        {
            return null;
        }

        var folder = Path.Combine(dir, name);
        return HasConfig(folder) ? folder : null;
    }

    /// <summary>The shape of a published tower, by the last part of its name; null where it is not known here.</summary>
    public static VisionConfig? Published(string name) => name.Split('/')[^1] switch
    {
        "clip-vit-large-patch14-336" or "ShareGPT4V-7B_Pretrained_vit-large336-l12" or "ShareGPT4V-13B_Pretrained_vit-large336-l12" => ClipLarge,
        "clip-vit-large-patch14" => ClipLarge with { ImageSize = 224 },
        _ => null,
    };

    private static bool HasConfig(string folder) => File.Exists(Path.Combine(folder, ModelLayouts.ConfigName));
}
