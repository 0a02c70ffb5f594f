using Fovea.Data.Corpora;
using Fovea.Pipeline.Stages;
using Fovea.Pipeline.Workers;

namespace Fovea.Pipeline.Plans;

/// <summary>How far one stage of a plan is, by its folder.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="Folder">Its folder.</param>
/// <param name="Before">What the folder's manifest says; null where there is none.</param>
public sealed record PlanState(StageSpec Stage, string Folder, StageManifest? Before)
{
    /// <summary>All stages.</summary>
    public static IReadOnlyList<PlanState> Of(Plan plan, string root) =>
        [.. plan.Stages.Select(s => Path.Combine(root, s.Name) is var folder ? new PlanState(s, folder, StageManifest.Read(folder)) : null!)];

    /// <summary>Whether it is complete, as its manifest says.</summary>
    public bool IsComplete => Before is { Complete: true };

    /// <summary>Why the folder's work cannot be continued as this stage; null where it can, or where there is none.</summary>
    public string? Obstacle(int numThreads)
    {
        try
        {
            MustContinue(numThreads);
            return null;
        }
        catch (FoveaException e)
        {
            return e.Message;
        }
    }

    /// <summary>Refuses a stage that was begun with another configuration. What it read is compared when its turn comes.</summary>
    /// <exception cref="FoveaException">The first key that differs.</exception>
    public void MustContinue(int numThreads)
    {
        if (Before is null)
        {
            return;
        }

        var now = StageCatalog.Create(Stage.Kind, Stage.Config).AsBegun(Folder, Before.Config, Stage.Config);
        (Before with { Kind = Stage.Kind, Config = DataSource.WithoutPlaces(now), NumThreads = numThreads }).MustMatch(
            Before with { Config = DataSource.WithoutPlaces(Before.Config) }, Folder);
    }
}
