using System.Collections.ObjectModel;
using Fovea.Models.Targets;

namespace Fovea.Scoring;

/// <summary>One sample in the making: what was scored so far, or why it cannot be.</summary>
internal sealed class WindowItem(SampleHead head)
{
    private readonly Dictionary<string, float[]> _logProbs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, bool[]> _topOne = new(StringComparer.Ordinal);
    private readonly Dictionary<string, float[]> _entropy = new(StringComparer.Ordinal);
    private readonly Dictionary<string, float[]> _logits = new(StringComparer.Ordinal);
    private readonly Dictionary<string, float[]> _divergence = new(StringComparer.Ordinal);
    private string? _reason;

    public TokenizedSample? Tokens { get; set; }

    /// <summary>Targets that the length limit cut off were not scored: NaN, or false.</summary>
    public void Add(string condition, TargetScores facts)
    {
        if (Array.FindIndex(facts.LogProbs, v => !float.IsFinite(v)) is >= 0 and var wrong)
        {
            throw new InvalidInputException(head.Key.Source, head.Key.Record,
                $"not_finite: log-probability {facts.LogProbs[wrong]} of target {wrong} under {condition}");
        }

        _logProbs[condition] = AllTargets(facts.LogProbs, float.NaN);
        if (facts.TopOne is { } topOne)
        {
            _topOne[condition] = AllTargets(topOne, false);
        }

        if (facts.Entropy is { } entropy)
        {
            _entropy[condition] = AllTargets(entropy, float.NaN);
        }

        if (facts.Logits is { } logits)
        {
            _logits[condition] = AllTargets(logits, float.NaN);
        }
    }

    public void AddDivergence(string condition, float[] divergence) => _divergence[condition] =
        Array.FindIndex(divergence, d => !float.IsFinite(d)) is >= 0 and var wrong
            ? throw new InvalidInputException(head.Key.Source, head.Key.Record,
                $"not_finite: divergence {divergence[wrong]} at target {wrong} under {condition}")
            : AllTargets(divergence, float.NaN);

    private T[] AllTargets<T>(T[] scored, T unscored)
    {
        var values = new T[Tokens!.TargetIndices.Length];
        scored.CopyTo(values, 0);
        values.AsSpan(scored.Length).Fill(unscored);
        return values;
    }

    public void Try(Action work, bool onlyScored = false)
    {
        if (_reason is not null || (onlyScored && head.Images.Count == 0))
        {
            return;
        }

        try
        {
            work();
        }
        catch (InvalidInputException e)
        {
            _reason = e.Record is null ? e.Message : e.Reason; // a file alone is no place that the row names
        }
    }

    public TokenScores Scores(bool contextSeen, string? imageHash) => new()
    {
        Key = head.Key,
        Id = head.Id,
        TextFingerprint = Tokens?.TextFingerprint ?? "",
        ContextFingerprint = contextSeen ? Tokens?.ContextFingerprint : null,
        ConversationFingerprint = Tokens?.ConversationFingerprint,
        ImageHash = _reason is null ? imageHash : null,
        HasImage = head.Images.Count > 0,
        InvalidReason = _reason,
        TargetIds = Tokens?.TargetIds() ?? [],
        EndTargets = Tokens?.EndTargets ?? [],
        LogProbs = _reason is null ? _logProbs : ReadOnlyDictionary<string, float[]>.Empty,
        TopOne = _reason is null ? _topOne : ReadOnlyDictionary<string, bool[]>.Empty,
        Entropy = _reason is null ? _entropy : ReadOnlyDictionary<string, float[]>.Empty,
        Logits = _reason is null ? _logits : ReadOnlyDictionary<string, float[]>.Empty,
        Divergence = _reason is null ? _divergence : ReadOnlyDictionary<string, float[]>.Empty,
    };
}
