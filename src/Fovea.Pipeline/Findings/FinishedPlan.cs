using Fovea.Evaluation.Comparison;
using Fovea.Pipeline.Stages;

namespace Fovea.Pipeline.Findings;

/// <summary>One stage of a run.</summary>
/// <param name="Name">Its folder below the run's.</param>
/// <param name="Kind">The kind of stage.</param>
/// <param name="Axes">Values of its axes, by name.</param>
/// <param name="Folder">Its folder.</param>
public sealed record FinishedStage(string Name, string Kind, IReadOnlyDictionary<string, string> Axes, string Folder)
{
    /// <summary>What was asked and found.</summary>
    /// <exception cref="FoveaException">It is not complete.</exception>
    public StageManifest Manifest => StageManifest.Read(Folder) is { Complete: true } manifest
        ? manifest
        : throw new FoveaException($"{Folder}: this stage is not complete; run again with --resume");
}

/// <summary>What the stages of a run left behind, by their kinds and names.</summary>
public sealed class FinishedPlan
{
    internal const string SeedAxis = "seed";

    private FinishedPlan(string folder, StageManifest manifest, IReadOnlyList<FinishedStage> stages) => (Folder, Manifest, Stages) = (folder, manifest, stages);

    /// <summary>The run's folder.</summary>
    public string Folder { get; }

    /// <summary>What was asked of the run.</summary>
    public StageManifest Manifest { get; }

    /// <summary>Its stages, each after those that it read.</summary>
    public IReadOnlyList<FinishedStage> Stages { get; }

    /// <summary>Title of the run.</summary>
    public string Title => (string)Manifest.Config["name"]!;

    /// <summary>Which tables it asked for; null: all evaluations.</summary>
    public string? Findings => (string?)Manifest.Config["findings"];

    /// <summary>Its seeds; none where it was not repeated over seeds.</summary>
    public IReadOnlyList<long> Seeds => [.. Stages.Select(SeedOf).OfType<long>().Distinct()];

    /// <summary>Reads the list of stages.</summary>
    /// <exception cref="FoveaException">The folder holds no run of this version.</exception>
    public static FinishedPlan Read(string folder)
    {
        var manifest = StageManifest.Read(folder);
        return manifest is { Kind: "run" } && manifest.Config["stages"] is JsonArray stages && manifest.Config["name"] is JsonValue
            ? new FinishedPlan(folder, manifest, [.. stages.Select(s => new FinishedStage(
                (string)s!["name"]!, (string)s["kind"]!, s["axes"]!.AsObject()
                    .ToDictionary(a => a.Key, a => (string)a.Value!), Path.Combine(folder, (string)s["name"]!)))])
            : throw new InvalidInputException(folder, null, "holds no run of a plan of this version; run it again with --resume, which reads what is complete");
    }

    /// <summary>A parameter of the plan as it was set; null where it has none of this name.</summary>
    public JsonNode? Parameter(string name) => Manifest.Config["parameters"]?[name];

    /// <summary>A stage's seed; null where it has none.</summary>
    public static long? SeedOf(FinishedStage stage) => stage.Axes.TryGetValue(SeedAxis, out var text) && long.TryParse(text, out var seed) ? seed : null;

    /// <summary>Name of a seed's stage.</summary>
    public static string NameOf(long seed, string stage) => $"{SeedAxis}-{seed}/{stage}";

    /// <summary>Folder of a seed's stage.</summary>
    public string FolderOf(long seed, string stage) => Path.Combine(Folder, NameOf(seed, stage));

    /// <summary>A seed's stage; null where the plan has none of this name.</summary>
    public FinishedStage? Find(long seed, string stage) => Stages.FirstOrDefault(s => s.Name == NameOf(seed, stage));

    /// <summary>What a seed's stage found.</summary>
    /// <exception cref="FoveaException">The plan has no such stage, or it is not complete.</exception>
    public JsonObject Result(long seed, string stage) =>
        (Find(seed, stage) ?? throw new FoveaException($"{Folder}: the findings '{Findings}' read a stage {NameOf(seed, stage)}, which this plan "
            + $"does not have")).Manifest.Result!;

    /// <summary>What a seed's stage was asked; null where the plan has none of this name.</summary>
    public JsonObject? Config(long seed, string stage) => Find(seed, stage)?.Manifest.Config;

    /// <summary>All evaluation results of arms, over all seeds.</summary>
    public IReadOnlyList<ArmResult> Results(IEnumerable<(string Arm, string Stage)> arms) =>
    [
        .. from arm in arms
           from seed in Seeds
           where Result(seed, arm.Stage) is not null
           from result in EvalResults.In(FolderOf(seed, arm.Stage))
           select new ArmResult(arm.Arm, seed, result),
    ];
}
