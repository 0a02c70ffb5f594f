using Fovea.Core.Watching;
using TorchSharp;

namespace Fovea.Training.Running;

/// <summary>Trains a model on weighted samples.</summary>
public static class Trainer
{
    /// <summary>
    /// Trains the job's model in place and writes <c>metrics.jsonl</c>, <c>tensorboard/</c>, <c>checkpoints/</c> and at the end <c>model/</c> into its folder.
    /// If the folder holds checkpoints, the run continues from the newest whole one and gives bit for bit what it would have given uninterrupted,
    /// provided that options, data, weights, start model and thread count are the same.
    /// </summary>
    /// <param name="job">What to work with.</param>
    /// <param name="progress">Notified of each step under the task <c>train</c>.</param>
    /// <param name="cancellation">Stops the run at the next step, after writing a checkpoint.</param>
    /// <returns>What the whole run did.</returns>
    /// <exception cref="FoveaException">
    /// An option is out of range, an input is bad, something changed since the checkpoint, a checkpoint cannot be written, or a loss or gradient is not finite.
    /// </exception>
    /// <exception cref="OperationCanceledException">The run was cancelled; a checkpoint holds what was done.</exception>
    public static TrainingSummary Run(TrainingJob job, IProgressSink progress, CancellationToken cancellation = default)
    {
        job.Options.Validate();
        var policy = job.Model.Policy;
        using var scope = torch.NewDisposeScope();
        try
        {
            using var run = new TrainingRun(job, progress);
            return run.Run(cancellation);
        }
        finally
        {
            job.Model.Policy = policy;
        }
    }
}
