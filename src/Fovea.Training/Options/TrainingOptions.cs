using System.Text.Json.Serialization;
using Fovea.Torch;
using Fovea.Training.Optimization;

namespace Fovea.Training.Options;

/// <summary>What a training run is asked to do. In a config file, keys are the names in snake_case.</summary>
public sealed partial record TrainingOptions
{
    /// <summary>Updates to make; give this or <see cref="Epochs"/>. Epochs follow each other until it is reached.</summary>
    public int? Steps { get; init; }

    /// <summary>Times that each sample is seen, also a fraction; the last step may hold fewer samples than a batch.</summary>
    public double? Epochs { get; init; }

    /// <summary>
    /// What is learnt: <c>next_token</c>, or <c>contrastive</c>: which caption of a batch belongs to which image. The latter trains tower and projector of a
    /// model that has them, by captions as the decoder's embeddings hold them, and needs one image in each sample.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ObjectiveKind Objective { get; init; }

    /// <summary>What the contrastive objective divides cosines by; above 0. Null: 0.07, as CLIP begins.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Temperature { get; init; }

    /// <summary>Samples per update; at least 1, and at most 100 times the samples that there are.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Samples per forward pass, at most the batch size; null for the whole batch. Changes memory and speed, not the loss.</summary>
    public int? MicroBatchSize { get; init; }

    /// <summary>Learning rate at the end of the warm-up; above 0.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>How the learning rate falls.</summary>
    public ScheduleKind Schedule { get; init; } = ScheduleKind.Cosine;

    /// <summary>Last learning rate as a share of the highest; 0 to 1.</summary>
    public double MinLrRatio { get; init; }

    /// <summary>
    /// Warm-up as a share of all steps, rounded up; 0 to 1. The rate rises linearly from 0, so that the first update changes nothing, as in Transformers'
    /// schedules; 0 for no warm-up. <see cref="WarmupSteps"/> takes precedence.
    /// </summary>
    public double WarmupRatio { get; init; } = 0.03;

    /// <summary>Warm-up in steps, the first of which has rate 0; null to use <see cref="WarmupRatio"/>.</summary>
    public int? WarmupSteps { get; init; }

    /// <summary>Steps of the fall at the end of a <c>wsd</c> schedule, as a share of all steps, rounded up; 0 to 1.</summary>
    public double DecayRatio { get; init; } = 0.1;

    /// <summary>Shape of that fall.</summary>
    public DecayShape DecayShape { get; init; }

    /// <summary>Decoupled decay of tensors of two or more dimensions; at least 0.</summary>
    public double WeightDecay { get; init; }

    /// <summary>AdamW's decay of the first moment; 0 to below 1.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay of the second moment; 0 to below 1.</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Added to the root of AdamW's second moment; above 0.</summary>
    public double Eps { get; init; } = 1e-8;

    /// <summary>Largest global gradient norm; above 0, null for no clipping.</summary>
    public double? ClipNorm { get; init; } = 1;

    /// <summary>
    /// Decay of an exponential moving average of the trained parameters, taken after each update; 0 to below 1, null for none.
    /// The run then also writes <c>model-ema/</c>.
    /// </summary>
    public double? EmaDecay { get; init; }

    /// <summary>Type of the matrix products, <c>f32</c> or <c>bf16</c>. Parameters, sums, norms and the optimiser stay in float32.</summary>
    public DType Precision { get; init; } = DType.F32;

    /// <summary>
    /// Whether each block of decoder and tower keeps only its input and is run again for its gradients: less memory, about a third more time.
    /// </summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>Largest logits held at once, in MiB of float32; at least 1. The head runs over as many targets at a time as fit.</summary>
    public int MaxLogitsMib { get; init; } = 64;

    /// <summary>
    /// Whether several samples share a row, without seeing each other, instead of one padded row each. <see cref="MicroBatchSize"/> then counts rows.
    /// </summary>
    public bool Packing { get; init; }

    /// <summary>Tokens of a packed row; null for the longest sequence allowed.</summary>
    public int? PackLength { get; init; }

    /// <summary>Whether the features of a frozen vision tower are kept on disk, in <c>features/</c>, and computed once per image.</summary>
    public bool CacheFeatures { get; init; }

    /// <summary>Longest sequence in expanded tokens; null for the model's own limit.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Seed of the order of samples and of initial weights.</summary>
    public long Seed { get; init; }

    /// <summary>Steps between checkpoints; null for none but at cancellation.</summary>
    public int? CheckpointEvery { get; init; }

    /// <summary>Newest checkpoints to keep; at least 1. With 2, there is another one if the newest is damaged.</summary>
    public int KeepCheckpoints { get; init; } = 2;

    /// <summary>
    /// Steps after which the model is also written as it is then, into <c>model-at-STEP/</c> (an adapter into <c>adapter-at-STEP/</c>), for curves over
    /// training; each once, at most the last step.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<int>? ModelsAt { get; init; }

    /// <summary>Steps between evaluations on the held-out samples; null for none. The last step is always evaluated if there are any.</summary>
    public int? EvalEvery { get; init; }

    /// <summary>
    /// Whether the checkpoint with the lowest held-out loss is kept besides the newest ones, as <c>best.json</c> names it. Needs <see cref="EvalEvery"/>.
    /// </summary>
    public bool KeepBest { get; init; }

    /// <summary>Steps between lines of metrics; at least 1.</summary>
    public int LogEvery { get; init; } = 1;

    /// <summary>
    /// Parameters to train, by part (<c>tower</c>, <c>projector</c>, <c>patch_embedding</c>, <c>decoder</c>) or dotted prefix such as
    /// <c>model.multi_modal_projector</c>; <c>*</c> for all.
    /// </summary>
    public IReadOnlyList<string> Trainable { get; init; } = ["*"];

    /// <summary>
    /// Parameters to leave as they are, by part or dotted prefix such as <c>model.vision_tower</c>; a part that the model lacks changes nothing; takes
    /// precedence over <see cref="Trainable"/>.
    /// </summary>
    public IReadOnlyList<string> Frozen { get; init; } = [];

    /// <summary>Factors of the learning rate by part or dotted prefix; the longest matching one counts.</summary>
    public IReadOnlyDictionary<string, double> LearningRateScales { get; init; } = new Dictionary<string, double>();

    /// <summary>Batches among which samples are sorted by length, to reduce padding; 1 keeps the composition of each batch random.</summary>
    public int BucketWindow { get; init; } = 1;

    /// <summary>Ends the name of the folder of a model of <see cref="ModelsAt"/>.</summary>
    public static string SuffixAt(long step) => string.Create(CultureInfo.InvariantCulture, $"-at-{step}");

    /// <summary>Whether a run makes checkpoints while it is not interrupted: at intervals, of the best step, or one that it can be extended from.</summary>
    internal bool MakesCheckpoints => CheckpointEvery is not null || KeepBest || (Steps is not null && Schedule is ScheduleKind.Constant or ScheduleKind.Wsd);
}
