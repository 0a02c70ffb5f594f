using Fovea.Training.Options;
using Fovea.Training.State;

namespace Fovea.Training.Checkpoints;

/// <summary>The checkpoint that a run continues from.</summary>
internal static class ResumePoint
{
    /// <summary>The newest whole checkpoint that can be continued; null where there is no whole one, so that the run begins anew.</summary>
    /// <param name="store">The folder's checkpoints.</param>
    /// <param name="options">Those asked for.</param>
    /// <param name="identity">Of the run.</param>
    /// <param name="anyThreadCount">Whether it may continue with another number of threads.</param>
    /// <param name="notice">Told of damaged checkpoints.</param>
    /// <exception cref="FoveaException">Something changed since, or none of the checkpoints can be continued to the steps that are asked for: nothing is
    /// touched.</exception>
    public static TrainerState? Find(CheckpointStore store, TrainingOptions options, RunIdentity identity, bool anyThreadCount, Action<string> notice)
    {
        store.RemoveLeftovers();
        if (Newest(store.Whole(notice), s => s.Identity.Begun(options), options, out var newest) is not { } state)
        {
            return newest is null ? null : throw RunExtension.Refused(store.RunFolder, newest.Identity.Begun(options), options, newest.Step);
        }

        state.Identity.RequireSame(identity, store.PathOf(state.Step), anyThreadCount, RunExtension.IsAskedFor(state.Identity.Begun(options), options));
        return state;
    }

    /// <summary>The first of some checkpoints that can be continued under the options of now; null if there is none.</summary>
    /// <param name="whole">Newest first.</param>
    /// <param name="begun">The options that one was made under.</param>
    /// <param name="now">Those asked for.</param>
    /// <param name="newest">The first of all; null if there is none.</param>
    public static TrainerState? Newest(IEnumerable<TrainerState> whole, Func<TrainerState, TrainingOptions> begun, TrainingOptions now,
        out TrainerState? newest)
    {
        newest = null;
        foreach (var state in whole)
        {
            newest ??= state;
            if (begun(state) is var was && (!RunExtension.IsAskedFor(was, now) || RunExtension.Refusal(was, now, state.Step) is null))
            {
                return state;
            }
        }

        return null;
    }
}
