using Fovea.Training.Examples;
using Fovea.Training.Optimization;
using Fovea.Training.Options;

namespace Fovea.Training.Running;

/// <summary>What is due after which step of a run.</summary>
/// <param name="options">What is asked for.</param>
/// <param name="plan">Steps and rates.</param>
internal sealed class RunMilestones(TrainingOptions options, TrainingPlan plan)
{
    /// <summary>The last step whose past does not depend on the number of steps: from there the run can be extended. Null where the first step does.</summary>
    public long? LastExtensible { get; } = options.Steps is null ? null : options.Schedule switch
    {
        ScheduleKind.Constant => plan.Steps,
        ScheduleKind.Wsd => plan.Steps - plan.Schedule.DecaySteps,
        _ => null,
    };

    /// <summary>Whether the held-out samples are evaluated, if there are any.</summary>
    public bool Evaluates(long step) => step == plan.Steps || (options.EvalEvery is { } every && step % every == 0);

    /// <summary>Whether the step has a line of metrics, evaluated or not.</summary>
    public bool Logs(long step) => step == plan.Steps || step % options.LogEvery == 0;

    /// <summary>Whether a checkpoint is made, the best step's aside.</summary>
    public bool Saves(long step) => step == LastExtensible || (options.CheckpointEvery is { } every && step % every == 0);
}
