using Fovea.Training.Examples;
using Fovea.Training.Optimization;
using Fovea.Training.Options;

namespace Fovea.Training.Checkpoints;

/// <summary>
/// Continues a run to more steps than it was begun with, to the bits of one that was asked for them from the start. That is possible from a checkpoint whose
/// past does not depend on the number of steps: not its rates, and not the order of its samples.
/// </summary>
public static class RunExtension
{
    /// <summary>Whether <paramref name="now"/> asks for more steps than <paramref name="was"/>; whatever else differs.</summary>
    public static bool IsAskedFor(TrainingOptions was, TrainingOptions now) => was.Steps is { } before && now.Steps is { } after && after > before;

    /// <summary>Refuses a run that cannot be extended.</summary>
    /// <param name="folder">Of the run.</param>
    /// <param name="was">What it was begun with.</param>
    /// <param name="now">What is asked for; only <see cref="TrainingOptions.ExtensionKeys"/> differ.</param>
    /// <exception cref="FoveaException">No checkpoint can be continued; the message says why.</exception>
    public static void Check(string folder, TrainingOptions was, TrainingOptions now)
    {
        var store = new CheckpointStore(Path.Combine(folder, CheckpointStore.FolderName), was.KeepCheckpoints, DiskFiles.Instance);
        if (ResumePoint.Newest(store.Whole(_ => { }), _ => was, now, out var newest) is null)
        {
            throw Refused(folder, was, now, newest?.Step);
        }
    }

    /// <summary>The error of a run that cannot be extended.</summary>
    /// <param name="folder">Of the run.</param>
    /// <param name="was">What it was begun with.</param>
    /// <param name="now">What is asked for.</param>
    /// <param name="newest">Step of its newest whole checkpoint; null if it has none.</param>
    internal static FoveaException Refused(string folder, TrainingOptions was, TrainingOptions now, long? newest)
    {
        var why = newest is { } step ? Refusal(was, now, step) : $"it holds no whole checkpoint to continue from ({Advice(was.Schedule)})";
        return new FoveaException($"{folder}: cannot be extended from {was.Steps} to {now.Steps} steps: {why}; give training.steps={was.Steps}, or "
            + $"another --out");
    }

    /// <summary>Why the checkpoint of step <paramref name="done"/> cannot be continued under other options; null if it can.</summary>
    internal static string? Refusal(TrainingOptions was, TrainingOptions now, long done)
    {
        if (!IsAskedFor(was, now))
        {
            return "more steps must be asked for";
        }

        const int AnyNumber = int.MaxValue; // of samples: a run of steps does not depend on it
        var (before, after) = (TrainingPlan.Of(was, AnyNumber).Schedule, TrainingPlan.Of(now, AnyNumber).Schedule);
        for (var step = 0L; step < done; step++)
        {
            if (before.Rate(step) != after.Rate(step))
            {
                return string.Create(CultureInfo.InvariantCulture,
                    $"step {step + 1} was made at learning rate {before.Rate(step):G6}, and {now.Steps} steps need {after.Rate(step):G6} there "
                        + $"({(before.WarmupSteps == after.WarmupSteps ? Advice(was.Schedule) : $"give training.warmup_steps={before.WarmupSteps}")})");
            }
        }

        var whole = was.Steps!.Value / was.BucketWindow * was.BucketWindow;
        if (done > whole)
        {
            return $"the last steps were sorted by length among fewer than training.bucket_window={was.BucketWindow} batches";
        }

        return was.KeepBest && done == was.Steps && done % was.EvalEvery != 0
            ? $"step {done} was evaluated as the last one, which training.eval_every={was.EvalEvery} would not do, and may be the best"
            : null;
    }

    private static string Advice(ScheduleKind schedule) => schedule switch
    {
        ScheduleKind.Constant => "a run with a constant schedule keeps that of its last step, from this version on",
        ScheduleKind.Wsd => "a run with a wsd schedule can be extended from a checkpoint before its decay, and keeps one from this version on",
        _ => $"a {schedule.ToString().ToLowerInvariant()} schedule spreads over all steps; runs with \"schedule\": \"constant\" or \"wsd\" can be extended",
    };
}
