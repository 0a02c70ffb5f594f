using Fovea.Training.Memory;
using Fovea.Training.State;

namespace Fovea.Training.Running;

/// <summary>What a run did, from its first step on, resumed parts included.</summary>
public sealed record TrainingSummary
{
    /// <summary>Steps made, skipped ones included.</summary>
    public required long Steps { get; init; }

    /// <summary>Sums over those steps.</summary>
    public required TrainingCounters Counters { get; init; }

    /// <summary>Loss of the last step that made an update, in nats; null if none did.</summary>
    public required double? FinalLoss { get; init; }

    /// <summary>Sum of weighted losses over sum of weights, over all steps; null if no step made an update.</summary>
    public double? MeanLoss => Counters.WeightSum > 0 ? Counters.WeightedLossSum / Counters.WeightSum : null;

    /// <summary>Held-out loss of the last evaluation of this part of the run, in nats per unit of weight; null if there was none.</summary>
    public double? HeldOutLoss { get; init; }

    /// <summary>The step of lowest held-out loss, whose model is in <c>model-best/</c>; null if it was not kept.</summary>
    public long? Best { get; init; }

    /// <summary>Its held-out loss, in nats per unit of weight; null if it was not kept.</summary>
    public double? BestHeldOutLoss { get; init; }

    /// <summary>Memory as it was expected before the first step.</summary>
    public required MemoryPlan Memory { get; init; }

    /// <summary>The most memory that this process had resident, in bytes.</summary>
    public required long PeakResidentBytes { get; init; }

    /// <summary>The step that the run was resumed from; null if it began anew.</summary>
    public required long? ResumedFrom { get; init; }

    /// <summary>What a person should know, one line each, such as a damaged checkpoint or a sample that the length limit leaves without a target.</summary>
    public required IReadOnlyList<string> Notices { get; init; }

    /// <summary>The trained model's folder.</summary>
    /// <exception cref="InvalidOperationException">The run trained an adapter that was not merged.</exception>
    public string ModelFolder => ModelFolders.Count > 0 ? ModelFolders[0] : throw new InvalidOperationException("the adapter was not merged");

    /// <summary>
    /// Folders of all models that the run left: the last one, and the averaged and the best one where there are such; none if an adapter was not merged.
    /// </summary>
    public required IReadOnlyList<string> ModelFolders { get; init; }
}
