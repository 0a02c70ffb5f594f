using System.Text.Json;
using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Pipeline.Stages;
using Fovea.Pipeline.Workers;

namespace Fovea.Pipeline.Plans;

/// <summary>Collects a plan's stages in an order in which each comes after what it reads.</summary>
public sealed class PlanBuilder(string root)
{
    private readonly List<StageSpec> _stages = [];

    /// <summary>The stages so far.</summary>
    public IReadOnlyList<StageSpec> Stages => _stages;

    /// <summary>Folder of a stage by its name.</summary>
    public string PathOf(string name) => Path.Combine(root, name);

    /// <summary>Adds a stage and returns its folder. It comes after every earlier stage whose folder its configuration names.</summary>
    /// <param name="name">Folder below the run's.</param>
    /// <param name="stage">What to run.</param>
    /// <param name="cost">Expected seconds.</param>
    /// <exception cref="FoveaException">An option of the stage is out of range.</exception>
    public string Add(string name, IStage stage, double cost)
    {
        try
        {
            stage.Check();
        }
        catch (FoveaException e)
        {
            throw new FoveaException($"{name}: {e.Message}", e);
        }

        var config = JsonSerializer.SerializeToNode(stage, stage.GetType(), StageManifest.Json)!.AsObject();
        var folders = Texts(config).ToArray();
        var after = _stages.Select(s => s.Name).Where(n => folders.Any(f => IsIn(f, PathOf(n)))).ToArray();
        _stages.Add(new StageSpec(name, stage.Kind, config, after, cost));
        return PathOf(name);
    }

    private static bool IsIn(string path, string folder) =>
        path.StartsWith(folder, StringComparison.Ordinal) && (path.Length == folder.Length || path[folder.Length] is '/' or '\\');

    private static IEnumerable<string> Texts(JsonNode? node) => node switch
    {
        JsonObject o => o.SelectMany(m => Texts(m.Value)),
        JsonArray a => a.SelectMany(Texts),
        JsonValue v when v.TryGetValue<string>(out var text) => [text],
        _ => [],
    };
}
