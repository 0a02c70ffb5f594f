using System.Text.Json;
using Fovea.Cli.Stages;
using Fovea.Cli.Workers;
using Fovea.Core.Provenance;

namespace Fovea.Cli.Story;

/// <summary>Collects a plan's stages in an order in which each comes after what it reads.</summary>
internal sealed class PlanBuilder(string root)
{
    private readonly List<StageSpec> _stages = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>The stages so far.</summary>
    public IReadOnlyList<StageSpec> Stages => _stages;

    /// <summary>Folder of a stage by its name.</summary>
    public string PathOf(string name) => Path.Combine(root, name);

    /// <summary>Adds a stage and returns its folder.</summary>
    /// <param name="name">Folder below the run's.</param>
    /// <param name="stage">What to run.</param>
    /// <param name="cost">Expected seconds.</param>
    /// <param name="reads">Folders, as this method returned them, that the stage reads; empty ones are passed over.</param>
    public string Add(string name, IStage stage, double cost, params string[] reads)
    {
        var after = reads.Where(r => r.Length > 0).Select(r => Path.GetRelativePath(root, r).Replace('\\', '/')).Where(_names.Contains).ToArray();
        _names.Add(name);
        _stages.Add(new StageSpec(name, stage.Kind, JsonSerializer.SerializeToNode(stage, stage.GetType(), StageManifest.Json)!.AsObject(), after, cost));
        return Path.Combine(root, name);
    }
}
