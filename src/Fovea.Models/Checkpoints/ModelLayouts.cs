using Fovea.Core.Json;
using Fovea.Models.Configs;

namespace Fovea.Models.Checkpoints;

/// <summary>Recognises in which form a folder holds a model, and opens it without reading elements.</summary>
internal static class ModelLayouts
{
    public const string ConfigName = DecisiveFiles.Config;

    /// <summary>Stem of the weights of a folder in Transformers' form.</summary>
    public const string Stem = "model";

    /// <summary>Opens a folder.</summary>
    /// <param name="dir">The folder.</param>
    /// <param name="options">What it does not say.</param>
    /// <param name="toLoad">False for looking only: what a folder lacks for loading is then noted, not an error.</param>
    public static ModelPlan Open(string dir, LoadOptions options, bool toLoad = true) =>
        ForeignJson.Read(Path.Combine(dir, ConfigName), json => Open(dir, json, options, toLoad));

    private static ModelPlan Open(string dir, ForeignJson json, LoadOptions options, bool toLoad)
    {
        json.RefuseQuantised();
        var family = options.Families.Reverse().FirstOrDefault(f => f.Recognises(json)) ?? throw Unknown(json, options.Families.Names);
        return family.Open(new FolderToOpen(dir, json, options, toLoad));
    }

    private static InvalidInputException Unknown(ForeignJson json, IReadOnlyList<string> families)
    {
        var type = json.OptionalText("model_type");
        return json.Error("model_type", $"{(type is null ? "missing" : $"'{type}' is not supported{NearestName.Hint(type, families)}")}; expected a model "
            + $"of {string.Join(", ", families)}");
    }
}
