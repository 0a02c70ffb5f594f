using Fovea.Core.Json;
using Fovea.Models.Configs;

namespace Fovea.Models.Generation;

/// <summary>The ids that end a text, as a model's folder gives them.</summary>
public static class EndIds
{
    /// <summary><c>eos_token_id</c>, one or several, of <c>generation_config.json</c>, or else of <c>config.json</c>; empty where neither says.</summary>
    /// <exception cref="Core.Errors.InvalidInputException">A value is no id.</exception>
    public static int[] Read(string dir)
    {
        var (generation, config) = (Path.Combine(dir, DecisiveFiles.GenerationConfig), Path.Combine(dir, DecisiveFiles.Config));
        int[] stated = File.Exists(generation) ? ForeignJson.Read(generation, FromGeneration) : [];
        return stated.Length > 0 || !File.Exists(config) ? stated : ForeignJson.Open(config).Ids("eos_token_id");
    }

    private static int[] FromGeneration(ForeignJson json)
    {
        json.Allow(ModelKeys.Common, ModelKeys.Generation);
        return json.Ids("eos_token_id");
    }
}
