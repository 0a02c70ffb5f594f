using Fovea.Core.Errors;

namespace Fovea.Training.Options;

/// <summary>Ranges of the training options.</summary>
internal static class TrainingOptionsCheck
{
    public static void Check(TrainingOptions o, string section)
    {
        void Require(bool holds, string key, string expected, object? got)
        {
            if (!holds)
            {
                throw new FoveaException(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{section}.{key}: expected {expected}, got {got}"));
            }
        }

        Require(o.Steps is null != o.Epochs is null, "steps", "either steps or epochs", o.Steps is null ? "neither" : "both");
        Require(o.Steps is null or >= 1, "steps", "at least 1", o.Steps);
        Require(o.Epochs is null || (o.Epochs > 0 && double.IsFinite(o.Epochs.Value)), "epochs", "above 0", o.Epochs);
        Require(o.BatchSize >= 1, "batch_size", "at least 1", o.BatchSize);
        Require(o.MicroBatchSize is null || (o.MicroBatchSize >= 1 && o.MicroBatchSize <= o.BatchSize), "micro_batch_size", $"1 to batch_size ({o.BatchSize})", o.MicroBatchSize);
        Require(Positive(o.LearningRate), "learning_rate", "above 0", o.LearningRate);
        Require(Enum.IsDefined(o.Schedule), "schedule", "cosine, linear, constant or wsd", o.Schedule);
        Require(Share(o.MinLrRatio), "min_lr_ratio", "0 to 1", o.MinLrRatio);
        Require(Share(o.WarmupRatio), "warmup_ratio", "0 to 1", o.WarmupRatio);
        Require(Share(o.DecayRatio), "decay_ratio", "0 to 1", o.DecayRatio);
        Require(Enum.IsDefined(o.DecayShape), "decay_shape", "linear, cosine or one_minus_sqrt", o.DecayShape);
        Require(o.EmaDecay is null or (>= 0 and < 1), "ema_decay", "0 to below 1, or null", o.EmaDecay);
        Require(Enum.IsDefined(o.Precision), "precision", "f32 or bf16", o.Precision);
        Require(o.MaxLogitsMib is >= 1 and <= 1 << 16, "max_logits_mib", "1 to 65536", o.MaxLogitsMib);
        Require(o.PackLength is null || (o.Packing && o.PackLength >= (o.MaxLength ?? 2)), "pack_length", $"null, or with packing at least {(o.MaxLength is { } m ? $"max_length ({m})" : "2")}", o.PackLength);
        Require(o.EvalEvery is null or >= 1, "eval_every", "at least 1, or null", o.EvalEvery);
        Require(!o.KeepBest || o.EvalEvery is not null, "keep_best", "eval_every beside it", "true without it");
        Require(o.WarmupSteps is null or >= 0, "warmup_steps", "at least 0", o.WarmupSteps);
        Require(o.WeightDecay >= 0 && double.IsFinite(o.WeightDecay), "weight_decay", "at least 0", o.WeightDecay);
        Require(o.Beta1 is >= 0 and < 1, "beta1", "0 to below 1", o.Beta1);
        Require(o.Beta2 is >= 0 and < 1, "beta2", "0 to below 1", o.Beta2);
        Require(Positive(o.Eps), "eps", "above 0", o.Eps);
        Require(o.ClipNorm is null || Positive(o.ClipNorm.Value), "clip_norm", "above 0, or null", o.ClipNorm);
        Require(o.MaxLength is null or >= 2, "max_length", "at least 2", o.MaxLength);
        Require(o.CheckpointEvery is null or >= 1, "checkpoint_every", "at least 1, or null", o.CheckpointEvery);
        Require(o.KeepCheckpoints >= 1, "keep_checkpoints", "at least 1", o.KeepCheckpoints);
        Require(o.LogEvery >= 1, "log_every", "at least 1", o.LogEvery);
        Require(o.Trainable.Count > 0, "trainable", "at least one prefix, or *", "none");
        Require(o.BucketWindow >= 1, "bucket_window", "at least 1", o.BucketWindow);
        foreach (var (prefix, scale) in o.LearningRateScales)
        {
            Require(scale >= 0 && double.IsFinite(scale), $"learning_rate_scales.{prefix}", "at least 0", scale);
        }
    }

    private static bool Positive(double value) => value > 0 && double.IsFinite(value);

    private static bool Share(double value) => value is >= 0 and <= 1;
}
