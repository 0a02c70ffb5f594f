using Fovea.Core.Configuration;
using Fovea.Models.Families;
using Fovea.Torch;

namespace Fovea.Training.Options;

// Ranges.
public sealed partial record TrainingOptions
{
    /// <summary>Keys that may differ where a run is extended: the number of steps, and what places the schedule's warm-up and fall among them.</summary>
    public static IReadOnlySet<string> ExtensionKeys { get; } =
        new HashSet<string>(["steps", "warmup_steps", "warmup_ratio", "decay_ratio", "decay_shape", "min_lr_ratio"], StringComparer.Ordinal);

    /// <summary>Checks every value of the section <c>training</c>.</summary>
    /// <exception cref="Core.Errors.FoveaException">The first value that is out of range, by its key.</exception>
    public void Validate() => Validate("training");

    /// <summary>Checks that what is trained, frozen or scaled names parameters of a model.</summary>
    /// <param name="names">Names of all its parameters.</param>
    /// <exception cref="Core.Errors.FoveaException">A prefix names none, or none remains to be trained.</exception>
    public void CheckNames(IReadOnlyCollection<string> names)
    {
        _ = new ParameterRule(this, names);
        if (Objective == ObjectiveKind.Contrastive && !names.Any(n => ParameterPart.Of(n) == ParameterPart.Tower))
        {
            throw NoTower("the model");
        }
    }

    /// <summary>The error of a contrastive run of a model without a tower.</summary>
    internal static FoveaException NoTower(string model) =>
        new($"training.objective: contrastive trains a vision tower against captions, and {model} has none; use next_token");

    /// <summary>Checks every value.</summary>
    /// <param name="section">Where the keys are in the configuration, for the message.</param>
    /// <exception cref="Core.Errors.FoveaException">The first value that is out of range, by its key.</exception>
    public void Validate(string section)
    {
        void Require(bool holds, string key, string expected, object? got) => OptionCheck.Require(holds, $"{section}.{key}", expected, got);

        Require(Steps is null != Epochs is null, "steps", "either steps or epochs", Steps is null ? "neither" : "both");
        Require(Steps is null or >= 1, "steps", "at least 1", Steps);
        Require(Epochs is null || (Epochs > 0 && double.IsFinite(Epochs.Value)), "epochs", "above 0", Epochs);
        Require(BatchSize >= 1, "batch_size", "at least 1", BatchSize);
        Require(MicroBatchSize is null || (MicroBatchSize >= 1 && MicroBatchSize <= BatchSize), "micro_batch_size",
            $"1 to batch_size ({BatchSize})", MicroBatchSize);
        Require(Enum.IsDefined(Objective), "objective", "next_token or contrastive", Objective);
        Require(Temperature is null || Positive(Temperature.Value), "temperature", "above 0, or null", Temperature);
        Require(Temperature is null || Objective == ObjectiveKind.Contrastive, "temperature", "objective contrastive beside it", Temperature);
        Require(Objective == ObjectiveKind.NextToken || !CacheFeatures, "cache_features", "false with the contrastive objective", CacheFeatures);
        Require(ModelsAt is null || (ModelsAt.All(s => s >= 1 && (Steps is null || s <= Steps)) && ModelsAt.Distinct().Count() == ModelsAt.Count), "models_at",
            Steps is { } most ? $"steps from 1 to {most}, each once" : "steps from 1, each once", ModelsAt is null ? null : string.Join(", ", ModelsAt));
        Require(Positive(LearningRate), "learning_rate", "above 0", LearningRate);
        Require(Enum.IsDefined(Schedule), "schedule", "cosine, linear, constant or wsd", Schedule);
        Require(Share(MinLrRatio), "min_lr_ratio", "0 to 1", MinLrRatio);
        Require(Share(WarmupRatio), "warmup_ratio", "0 to 1", WarmupRatio);
        Require(Share(DecayRatio), "decay_ratio", "0 to 1", DecayRatio);
        Require(Enum.IsDefined(DecayShape), "decay_shape", "linear, cosine or one_minus_sqrt", DecayShape);
        Require(EmaDecay is null or (>= 0 and < 1), "ema_decay", "0 to below 1, or null", EmaDecay);
        Require(Precision is DType.F32 or DType.BF16, "precision", "f32 or bf16", Precision);
        Require(MaxLogitsMib is >= 1 and <= 1 << 16, "max_logits_mib", "1 to 65536", MaxLogitsMib);
        Require(PackLength is null || (Packing && PackLength >= (MaxLength ?? 2)), "pack_length",
            $"null, or with packing at least {(MaxLength is { } m ? $"max_length ({m})" : "2")}", PackLength);
        Require(EvalEvery is null or >= 1, "eval_every", "at least 1, or null", EvalEvery);
        Require(!KeepBest || EvalEvery is not null, "keep_best", "eval_every beside it", "true without it");
        Require(WarmupSteps is null or >= 0, "warmup_steps", "at least 0", WarmupSteps);
        Require(WeightDecay >= 0 && double.IsFinite(WeightDecay), "weight_decay", "at least 0", WeightDecay);
        Require(Beta1 is >= 0 and < 1, "beta1", "0 to below 1", Beta1);
        Require(Beta2 is >= 0 and < 1, "beta2", "0 to below 1", Beta2);
        Require(Positive(Eps), "eps", "above 0", Eps);
        Require(ClipNorm is null || Positive(ClipNorm.Value), "clip_norm", "above 0, or null", ClipNorm);
        Require(MaxLength is null or >= 2, "max_length", "at least 2", MaxLength);
        Require(CheckpointEvery is null or >= 1, "checkpoint_every", "at least 1, or null", CheckpointEvery);
        Require(KeepCheckpoints >= 1, "keep_checkpoints", "at least 1", KeepCheckpoints);
        Require(LogEvery >= 1, "log_every", "at least 1", LogEvery);
        Require(Trainable.Count > 0, "trainable", "at least one prefix, or *", "none");
        Require(BucketWindow >= 1, "bucket_window", "at least 1", BucketWindow);
        foreach (var (prefix, scale) in LearningRateScales)
        {
            Require(scale >= 0 && double.IsFinite(scale), $"learning_rate_scales.{prefix}", "at least 0", scale);
        }
    }

    private static bool Positive(double value) => value > 0 && double.IsFinite(value);

    private static bool Share(double value) => value is >= 0 and <= 1;
}
