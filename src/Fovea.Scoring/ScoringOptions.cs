using System.Text.Json.Serialization;
using Fovea.Core.Configuration;
using Fovea.Models;
using Fovea.Models.Targets;
using Fovea.Store;

namespace Fovea.Scoring;

/// <summary>How samples are cut into shards, windows and batches. None of it moves a score by more than rounding.</summary>
public sealed record ScoringOptions
{
    /// <summary>
    /// Most tokens of one batch, padding included; a longer sample is a batch of its own. Where memory does not suffice, a shard is scored again with half
    /// of it, and the store records that.
    /// </summary>
    public int TokenBudget { get; init; } = 8192;

    /// <summary>Samples sorted by length together; their images are in memory at once. A shard holds a whole number of windows but for its last.</summary>
    public int WindowSamples { get; internal init; } = 64;

    /// <summary>Samples of one shard, 1 to <see cref="ScoreStoreWriter.MaxShardRows"/>: what a run that stops loses at most.</summary>
    public int ShardSamples { get; init; } = ScoreStoreWriter.MaxShardRows;

    /// <summary>
    /// Cut samples to this many expanded tokens; null scores all targets, also past the positions that the model's configuration states, as Transformers does.
    /// </summary>
    public int? MaxLength { get; init; }

    /// <summary>Samples that may fail to be scored; one more stops the run.</summary>
    public int MaxInvalid { get; init; }

    /// <summary>Also store whether each target is the likeliest token.</summary>
    public bool TopOne { get; init; }

    /// <summary>Also store the entropy at each target.</summary>
    public bool Entropy { get; init; }

    /// <summary>Also store each target's raw logit.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Logit { get; init; }

    /// <summary>VIG: also store the divergence of each condition's prediction from that with the image, at each target.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Kl { get; init; }

    /// <summary>How a batch is computed; null: by <see cref="TargetLogProbs.Scores"/>.</summary>
    internal ModelScores? Compute { get; init; }

    internal BatchScores Of(VisionLanguageModel model) =>
        (batch, read) => Compute?.Invoke(model, batch) ?? TargetLogProbs.Scores(model, batch, TopOne, Entropy, Logit, read);

    /// <summary>What determines the scores' bits, by field, for a score store's provenance.</summary>
    public IReadOnlyDictionary<string, string> Describe() => new Dictionary<string, string>
    {
        ["scoring.token_budget"] = TokenBudget.ToString(CultureInfo.InvariantCulture),
        ["scoring.window_samples"] = WindowSamples.ToString(CultureInfo.InvariantCulture),
        ["scoring.shard_samples"] = ShardSamples.ToString(CultureInfo.InvariantCulture),
        ["scoring.facts"] = "log_prob" + (TopOne ? ",top1" : "") + (Entropy ? ",entropy" : "") + (Logit ? ",logit" : "") + (Kl ? ",kl" : ""),
        ["scoring.max_length"] = MaxLength?.ToString(CultureInfo.InvariantCulture) ?? "none",
    };

    /// <summary>Checks every value.</summary>
    /// <exception cref="Core.Errors.FoveaException">The first value that is out of range, by its key.</exception>
    public void Validate()
    {
        OptionCheck.Range(TokenBudget, "scoring.token_budget", 1, int.MaxValue);
        OptionCheck.Range(WindowSamples, "scoring.window_samples", 1, ScoreStoreWriter.MaxShardRows);
        OptionCheck.Range(ShardSamples, "scoring.shard_samples", 1, ScoreStoreWriter.MaxShardRows);
        OptionCheck.Range(MaxLength, "scoring.max_length", 1, int.MaxValue);
        OptionCheck.Range(MaxInvalid, "scoring.max_invalid", 0, int.MaxValue);
    }
}
