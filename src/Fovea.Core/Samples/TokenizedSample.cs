namespace Fovea.Core.Samples;

/// <summary>
/// Characters <c>[Start, End)</c> (UTF-16 units) of the text of turn <paramref name="Turn"/> (index into <see cref="Sample.Turns"/>) that a target token
/// covers; empty for an end token.
/// </summary>
public readonly record struct TargetSpan(int Turn, int Start, int End);

/// <summary>
/// A sample under one tokenizer and one template, before image expansion and truncation.
/// A target is a token that the model must produce. A target's position is its ordinal among the sample's targets.
/// </summary>
public sealed record TokenizedSample
{
    /// <summary>Which sample this is.</summary>
    public required SampleKey Key { get; init; }

    /// <summary>The sample's label, if it has one.</summary>
    public string? Id { get; init; }

    /// <summary>Token ids <c>[seq]</c>, with one <see cref="ImagePlaceholder"/> for each image.</summary>
    public required int[] InputIds { get; init; }

    /// <summary>Indices into <see cref="InputIds"/> of the targets, ascending: <c>[targets]</c>.</summary>
    public required int[] TargetIndices { get; init; }

    /// <summary>Ordinals among the targets of each answer's end token, found by place and not by id.</summary>
    public required int[] EndTargets { get; init; }

    /// <summary>What each target covers: <c>[targets]</c>.</summary>
    public required TargetSpan[] TargetSpans { get; init; }

    /// <summary>Names of the images, in the order of their placeholders.</summary>
    public required IReadOnlyList<string> Images { get; init; }

    /// <summary>Hash of tokenizer, target ids and turn boundaries: what every score and weight must agree with.</summary>
    public required string TextFingerprint { get; init; }

    /// <summary>
    /// Hash of the text that a text-only reference reads, the rendering without images and their tags: what a score that saw the text alone (PRIOR) must agree
    /// with. The same for every family and place of image tags; null where the template does not render the sample without its images.
    /// </summary>
    public string? ConversationFingerprint { get; init; }

    /// <summary>Hash of the unexpanded ids: what a score that saw the whole context must agree with.</summary>
    public required string ContextFingerprint { get; init; }

    /// <summary>Marks in <see cref="InputIds"/> the place of an image's tokens.</summary>
    public const int ImagePlaceholder = -1;

    /// <summary>Ids of the targets: <c>[targets]</c>.</summary>
    public int[] TargetIds() => Array.ConvertAll(TargetIndices, i => InputIds[i]);
}
