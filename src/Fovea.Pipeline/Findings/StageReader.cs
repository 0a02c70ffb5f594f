using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Evaluation.Comparison;
using Fovea.Evaluation.Results;
using Fovea.Pipeline.Plans;

namespace Fovea.Pipeline.Findings;

/// <summary>Reads what the stages of a run left behind.</summary>
public sealed class StageReader(string root)
{
    /// <summary>Folder of a seed's stage.</summary>
    public string Folder(long seed, string stage) => Path.Combine(root, StoryNames.Stage(seed, stage));

    /// <summary>What a complete stage found.</summary>
    /// <exception cref="FoveaException">The stage is not complete.</exception>
    public JsonObject Result(long seed, string stage) =>
        StageManifest.Read(Folder(seed, stage)) is { Complete: true, Result: { } result }
            ? result
            : throw new FoveaException($"{Folder(seed, stage)}: this stage is not complete; run again with --resume");

    /// <summary>All evaluation results of arms, over all seeds.</summary>
    public IReadOnlyList<ArmResult> Results(RunConfig config, IEnumerable<(string Arm, string Stage)> arms) =>
    [
        .. from arm in arms
           from seed in config.Seeds
           where Result(seed, arm.Stage) is not null
           from file in Directory.EnumerateFiles(Folder(seed, arm.Stage), "*.result.json").Order(StringComparer.Ordinal)
           select new ArmResult(arm.Arm, seed, EvalResultFile.Read(file)),
    ];
}
