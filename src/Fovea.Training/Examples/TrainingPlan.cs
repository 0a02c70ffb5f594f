using Fovea.Training.Optimization;
using Fovea.Training.Options;

namespace Fovea.Training.Examples;

/// <summary>How many steps over how many samples, and at which rates.</summary>
/// <param name="Steps">Updates.</param>
/// <param name="Samples">Positions of the stream of samples, over all steps.</param>
/// <param name="Schedule">Learning rates.</param>
internal sealed record TrainingPlan(long Steps, long Samples, Schedule Schedule)
{
    private const double RoundOff = 1e-9;
    private const int ImageKey = 1 << 24;

    // Of samples that are sorted and prepared together, and of one sample in a step.
    private const int MostTogether = 1 << 24, MostCopies = 100;

    /// <exception cref="FoveaException">A batch is out of proportion to the samples.</exception>
    public static TrainingPlan Of(TrainingOptions options, int sampleCount)
    {
        if (options.BatchSize > (long)MostCopies * sampleCount)
        {
            throw new FoveaException(
                $"training.batch_size: expected at most {MostCopies} times the {sampleCount} samples, {(long)MostCopies * sampleCount}, "
                    + $"got {options.BatchSize}; it would hold each sample {options.BatchSize / sampleCount} times: lower it");
        }

        if ((long)options.BatchSize * options.BucketWindow > MostTogether)
        {
            throw new FoveaException(
                $"training.{(options.BatchSize > options.BucketWindow ? "batch_size" : "bucket_window")}: expected batch_size times bucket_window at "
                    + $"most {MostTogether}, got {(long)options.BatchSize * options.BucketWindow}; lower it");
        }

        var samples = options.Steps is { } steps
            ? (long)steps * options.BatchSize
            : (long)Math.Ceiling((sampleCount * options.Epochs!.Value) - RoundOff);
        var total = (samples + options.BatchSize - 1) / options.BatchSize;
        var warmup = options.WarmupSteps ?? (long)Math.Ceiling(total * options.WarmupRatio);
        var decay = Math.Min(total - Math.Min(total, warmup), (long)Math.Ceiling(total * options.DecayRatio));
        return new TrainingPlan(
            total, samples, new Schedule(options.Schedule, options.LearningRate, total, warmup, options.MinLrRatio, decay, options.DecayShape));
    }

    public DataOrder Order(TrainingOptions options, TrainingSet set) =>
        new([.. set.Examples.Select(Length)], options.Seed, options.BatchSize, Samples, options.BucketWindow);

    // Samples with as many images are neighbours, since an image's tokens are not known before it is read.
    public static int Length(TrainingExample e) => (Math.Min(e.Sample.Images.Count, 100) * ImageKey) + Math.Min(e.Sample.InputIds.Length, ImageKey - 1);
}
