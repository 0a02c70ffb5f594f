using Fovea.Models.Configs;

namespace Fovea.Models.Generation;

/// <summary>The ids that end a text, as a model's folder gives them.</summary>
public static class EndIds
{
    /// <summary><c>eos_token_id</c>, one or several, of <c>generation_config.json</c>, or else of <c>config.json</c>; empty where neither says.</summary>
    /// <exception cref="Core.Errors.InvalidInputException">A value is no id.</exception>
    public static int[] Read(string dir)
    {
        foreach (var name in new[] { "generation_config.json", "config.json" })
        {
            var path = Path.Combine(dir, name);
            if (File.Exists(path) && ForeignJson.Read(path) is var json && json.Has("eos_token_id"))
            {
                return json.Ids("eos_token_id");
            }
        }

        return [];
    }
}
