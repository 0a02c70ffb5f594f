using Fovea.Data.Corpora;
using Fovea.Training.Examples;
using Fovea.Training.State;

namespace Fovea.Training.Running;

/// <summary>
/// Samples that turn out unusable when they are drawn: each is listed and told once, and counts towards the limit unless the length limit is its reason.
/// </summary>
/// <param name="policy">All unusable records of the run, and their limit.</param>
/// <param name="tell">Says a line.</param>
internal sealed class UnusableSamples(InvalidRecords policy, Action<string> tell)
{
    private readonly int _before = policy.Records.Count;

    /// <summary>Those found in this run, interrupted parts included: all but what was listed before it.</summary>
    public IReadOnlyList<InvalidRecord> Found => [.. policy.Records.Skip(_before)];

    /// <summary>Takes up what a checkpoint lists.</summary>
    public void Restore(IReadOnlyList<InvalidRecord>? found) => policy.Restore(found ?? []);

    /// <summary>The sample, or null if it cannot be used.</summary>
    /// <exception cref="InvalidInputException">More samples than allowed are unusable.</exception>
    public WeightedSample? Take(PreparedSample prepared)
    {
        prepared.Failure?.Throw();
        if (prepared.Sample is { } sample)
        {
            return sample;
        }

        var (key, fault) = (prepared.Example.Sample.Key, prepared.Fault!);
        var error = fault.Error;
        if (fault.IsByLength ? policy.Note(key, error.Reason) : policy.Add(key, error))
        {
            tell(error.Message);
        }

        return null;
    }

    /// <summary>Stops a run in which nothing can be learnt: as soon as every sample was drawn, since further epochs are no better.</summary>
    /// <exception cref="FoveaException">No step so far had a target with weight, and no later one will.</exception>
    public void RequireLearning(TrainingCounters sums, long done, TrainingPlan plan, int samples)
    {
        if (sums.SkippedSteps < done || (done < plan.Steps && sums.Samples + sums.UnusableSamples < samples))
        {
            return;
        }

        var reasons = InvalidRecords.CountByReason(Found.Select(u => u.Name));
        throw new FoveaException(
            $"none of {done} steps had a target with weight, so nothing can be learnt; of {samples} samples, "
            + $"{(reasons.Count == 0 ? "those drawn have weights of 0 only" : string.Join(", ", reasons.Select(r => $"{r.Key} {r.Value}")))}: raise "
            + $"training.max_length, or check the data and the selection");
    }
}
