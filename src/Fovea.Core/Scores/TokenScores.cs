using System.Collections.ObjectModel;
using Fovea.Core.Samples;

namespace Fovea.Core.Scores;

/// <summary>Names of the conditions under which log-probabilities are taken. A visionless proxy's name follows the colon.</summary>
public static class Conditions
{
    /// <summary>The model sees the image.</summary>
    public const string Image = "image";

    /// <summary>A text-only language model, which never saw an image.</summary>
    public const string TextOnlyReference = "text_only_reference";

    /// <summary>The model with the image made uninformative, e.g. <c>visionless:blur</c>.</summary>
    public static string Visionless(string proxy) => "visionless:" + proxy;
}

/// <summary>
/// Raw facts about one sample's targets: log-probabilities in nats by condition, each <c>[targets]</c>.
/// A text-only sample that was not scored has targets and no conditions.
/// </summary>
public sealed record TokenScores
{
    /// <summary>Most targets that one sample may have.</summary>
    public const int MaxTargets = 1 << 17;

    /// <summary>Which sample.</summary>
    public required SampleKey Key { get; init; }

    /// <summary>The sample's label, if any.</summary>
    public string? Id { get; init; }

    /// <summary>See <see cref="TokenizedSample.TextFingerprint"/>.</summary>
    public required string TextFingerprint { get; init; }

    /// <summary>See <see cref="TokenizedSample.ContextFingerprint"/>; null where the score did not see the context (PRIOR).</summary>
    public string? ContextFingerprint { get; init; }

    /// <summary>See <see cref="TokenizedSample.ConversationFingerprint"/>; null in stores of earlier versions.</summary>
    public string? ConversationFingerprint { get; init; }

    /// <summary>SHA-256 over the bytes of the image files; null where no image was seen.</summary>
    public string? ImageHash { get; init; }

    /// <summary>Whether the sample has an image.</summary>
    public required bool HasImage { get; init; }

    /// <summary>Ids of the targets: <c>[targets]</c>.</summary>
    public required int[] TargetIds { get; init; }

    /// <summary>Ordinals of the answers' end tokens among the targets.</summary>
    public required int[] EndTargets { get; init; }

    /// <summary>Why the sample could not be scored, e.g. <c>image_cut: ...</c>; null for all others. Such a sample has no conditions.</summary>
    public string? InvalidReason { get; init; }

    /// <summary>Condition -> natural-log probabilities <c>[targets]</c>; NaN at the end where the model's length limit cut targets off.</summary>
    public required IReadOnlyDictionary<string, float[]> LogProbs { get; init; }

    /// <summary>Condition -> whether each target was the likeliest token, <c>[targets]</c>; false where it was not scored. Empty unless asked for.</summary>
    public IReadOnlyDictionary<string, bool[]> TopOne { get; init; } = ReadOnlyDictionary<string, bool[]>.Empty;

    /// <summary>
    /// Condition -> entropy of the distribution over the vocabulary at each target in nats, <c>[targets]</c>; NaN where it was
    /// not scored. Empty unless asked for.
    /// </summary>
    public IReadOnlyDictionary<string, float[]> Entropy { get; init; } = ReadOnlyDictionary<string, float[]>.Empty;

    /// <summary>Condition -> raw logit of each target, <c>[targets]</c>; NaN where it was not scored. Empty unless asked for.</summary>
    public IReadOnlyDictionary<string, float[]> Logits { get; init; } = ReadOnlyDictionary<string, float[]>.Empty;

    /// <summary>
    /// Condition -> <c>KL(p(. | image) || p(. | condition))</c> over the vocabulary at each target in nats, <c>[targets]</c>; NaN where one of the two did not
    /// score it. Empty unless asked for.
    /// </summary>
    public IReadOnlyDictionary<string, float[]> Divergence { get; init; } = ReadOnlyDictionary<string, float[]>.Empty;

    /// <summary>
    /// How a sample differs from what was scored, in words; null where it does not. What the score did not see, or its store does not say, is not compared:
    /// the context of a text-only reference, the conversation in stores of earlier versions.
    /// </summary>
    /// <param name="now">The sample, tokenized with images where the scores saw them.</param>
    public string? Mismatch(TokenizedSample now) =>
        TextFingerprint != now.TextFingerprint ? "other answers, or another tokenizer or template"
        : ConversationFingerprint is { } conversation && conversation != now.ConversationFingerprint ? "another question or instructions, or another template"
        : ContextFingerprint is { } context && context != now.ContextFingerprint ? "another question, other places of its images, or another template"
        : null;
}

/// <summary>What became of a sample in selection.</summary>
public enum SelectionStatus
{
    /// <summary>Trained on, with its weights.</summary>
    Kept,

    /// <summary>Left out by the method.</summary>
    Dropped,

    /// <summary>Has no image: unchanged, all targets carry loss.</summary>
    TextOnly,

    /// <summary>Cannot be trained on; the reason says why.</summary>
    Invalid,
}

/// <summary>Weights of one sample's targets: <c>[targets]</c>; null means one each.</summary>
public sealed record TokenWeights(SampleKey Key, string TextFingerprint, SelectionStatus Status, string? Reason, float[]? Weights)
{
    /// <summary>
    /// The context that the scores behind the weights saw; null where they saw the text alone (PRIOR). Where it is given, it is required of the consumer.
    /// </summary>
    public string? ContextFingerprint { get; init; }

    /// <summary>
    /// The text that the scores behind the weights were conditioned on; null where the weights rest on no scores. Where it is given,
    /// it is required of the consumer.
    /// </summary>
    public string? ConversationFingerprint { get; init; }

    /// <summary>Hash of the image bytes that those scores saw; null where they saw none.</summary>
    public string? ImageHash { get; init; }
}

/// <summary>How weights relate to what remains of a sample after truncation.</summary>
public enum WeightNormalization
{
    /// <summary>Used as they are (VIG's masks).</summary>
    None,

    /// <summary>Scaled so that a sample's remaining weights sum to its remaining targets; all zero means one each (PRIOR).</summary>
    TargetCount,
}
