using Fovea.Core.Errors;
using Fovea.Core.Watching;
using Fovea.Data.Images;
using Fovea.Models;
using Fovea.Training.Examples;
using Fovea.Training.Options;
using TorchSharp;

namespace Fovea.Training.Running;

/// <summary>Trains a model on weighted samples.</summary>
public static class Trainer
{
    /// <summary>
    /// Trains <paramref name="model"/> in place and writes <c>metrics.jsonl</c>, <c>checkpoints/</c> and at the end <c>model/</c> into <paramref name="folder"/>.
    /// If the folder holds checkpoints, the run goes on from the newest whole one and gives bit for bit what it would have given uninterrupted,
    /// provided that options, data, weights, start model and thread count are the same.
    /// </summary>
    /// <param name="model">The start model, also when resuming.</param>
    /// <param name="set">What to train on.</param>
    /// <param name="images">Images of the samples; null if no sample has one.</param>
    /// <param name="options">What to do.</param>
    /// <param name="folder">Where to write.</param>
    /// <param name="progress">Told of each step under the task <c>train</c>.</param>
    /// <param name="cancellation">Stops the run at the next step, after writing a checkpoint.</param>
    /// <returns>What the whole run did.</returns>
    /// <exception cref="FoveaException">An option is out of range, an input is bad, something changed since the checkpoint, or a loss or gradient is not finite.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled; a checkpoint holds what was done.</exception>
    public static TrainingSummary Run(
        VisionLanguageModel model, TrainingSet set, ImageLoader? images, TrainingOptions options, string folder,
        IProgressSink progress, CancellationToken cancellation = default)
    {
        options.Validate();
        using var scope = torch.NewDisposeScope();
        using var run = new TrainingRun(model, set, images, options, folder, progress);
        return run.Run(cancellation);
    }
}
