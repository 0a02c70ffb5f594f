using System.Collections.ObjectModel;
using Fovea.Store.Import;

namespace Fovea.Pipeline.Importing;

/// <summary>Holds rows to the samples as Fovea tokenizes them.</summary>
/// <param name="conditions">The conditions that each scored row must have.</param>
/// <param name="imageHash">Hash over the bytes of a sample's image files; null where the scores saw none.</param>
internal sealed class ImportedScores(IReadOnlyCollection<string> conditions, Func<TokenizedSample, string?>? imageHash)
{
    // A sum of rounded exponentials: log-softmax in float32 gives zeros that are not quite zero.
    private const float Rounding = 1e-5f;
    private const string Rescore = "score the ids and labels that 'fovea export' writes under this tokenizer and template";

    /// <summary>A sample's scores.</summary>
    /// <exception cref="InvalidInputException">The row's ids, fingerprints or values are not this sample's: which, expected, got.</exception>
    public TokenScores Of(TokenizedSample sample, ScoreRow row)
    {
        if (row.TargetIds is null)
        {
            throw row.Error("target_ids: expected the ids of its targets, got none");
        }

        CheckIds(sample.TargetIds(), row);
        var scores = new TokenScores
        {
            Key = sample.Key,
            Id = sample.Id,
            TextFingerprint = sample.TextFingerprint,
            ContextFingerprint = imageHash is null ? null : sample.ContextFingerprint,
            ConversationFingerprint = sample.ConversationFingerprint,
            ImageHash = imageHash?.Invoke(sample),
            HasImage = true,
            TargetIds = row.TargetIds,
            EndTargets = sample.EndTargets,
            LogProbs = conditions.ToDictionary(c => c, c => Values(row, c), StringComparer.Ordinal),
        };
        CheckFingerprints(row, [scores.TextFingerprint, scores.ContextFingerprint, scores.ConversationFingerprint, scores.ImageHash]);
        if (row.LogProbs.Keys.FirstOrDefault(c => !conditions.Contains(c)) is { } more)
        {
            throw row.Error($"{ScoreRow.LogProbPrefix}{more}: the first scored row has {string.Join(", ", conditions)} alone; expected "
                + "the same conditions in each");
        }

        return scores;
    }

    /// <summary>A sample without scores: one without an image, or with the reason why it cannot be scored.</summary>
    public TokenScores Listed(SampleKey key, Sample? sample, TokenizedSample? tokens, string? reason) => new()
    {
        Key = key,
        Id = sample?.Id,
        TextFingerprint = tokens?.TextFingerprint ?? "",
        ContextFingerprint = imageHash is null ? null : tokens?.ContextFingerprint,
        ConversationFingerprint = tokens?.ConversationFingerprint,
        HasImage = sample?.Images.Count > 0,
        TargetIds = tokens?.TargetIds() ?? [],
        EndTargets = tokens?.EndTargets ?? [],
        InvalidReason = reason,
        LogProbs = ReadOnlyDictionary<string, float[]>.Empty,
    };

    private static void CheckIds(int[] expected, ScoreRow row)
    {
        var got = row.TargetIds!;
        var differs = Enumerable.Range(0, Math.Min(expected.Length, got.Length)).FirstOrDefault(i => expected[i] != got[i], -1);
        if (differs < 0 && expected.Length == got.Length)
        {
            return;
        }

        var isShifted = differs >= 0 && expected.Length > 2 && got.Length > 2
            && (got.AsSpan(0, got.Length - 1).StartsWith(expected.AsSpan(1)[..Math.Min(expected.Length - 1, got.Length - 1)])
                || got.AsSpan(1).StartsWith(expected.AsSpan(0, Math.Min(expected.Length, got.Length) - 1)));
        throw row.Error(expected.Length != got.Length && !isShifted
            ? $"target_ids: expected {expected.Length} ids, got {got.Length}; {Rescore}"
            : $"target_ids: expected {expected[Math.Max(differs, 0)]} at target {Math.Max(differs, 0)}, got {got[Math.Max(differs, 0)]}"
                + $"{(isShifted ? " (the row is shifted by one)" : "")}; {Rescore}");
    }

    private static void CheckFingerprints(ScoreRow row, string?[] own)
    {
        foreach (var (key, expected) in ScoreRow.FingerprintKeys.Zip(own))
        {
            if (expected is not null && row.Fingerprints.TryGetValue(key, out var got) && got != expected)
            {
                throw row.Error($"{key}: expected {expected}, got {got}: {(key == "image_hash" ? "its image" : "its text, the tokenizer or the template")} "
                    + $"changed since it was scored; restore it, or score it again");
            }
        }
    }

    private static float[] Values(ScoreRow row, string condition)
    {
        var name = ScoreRow.LogProbPrefix + condition;
        if (!row.LogProbs.TryGetValue(condition, out var values))
        {
            throw row.Error($"{name}: expected a log-probability for each target, got none; every scored row has the conditions of the first");
        }

        var targets = row.TargetIds!.Length;
        if (values.Length != targets)
        {
            throw row.Error($"{name}: expected {targets} values, one for each of target_ids, got {values.Length}");
        }

        var scored = ScoredTargets.Count(values);
        if (scored == 0)
        {
            throw row.Error($"{name}: no value; leave the row's log-probabilities out and give an invalid_reason where a sample cannot be scored");
        }

        for (var t = 0; t < scored; t++)
        {
            if (!(values[t] <= Rounding) || float.IsInfinity(values[t]))
            {
                throw row.Error($"{name}: {(float.IsNaN(values[t]) ? "no value" : values[t].ToString(CultureInfo.InvariantCulture))} at target {t}; expected a "
                    + $"natural log-probability, finite and at most 0 (null only at the end, where a length limit cut targets off)");
            }

            values[t] = Math.Min(values[t], 0f);
        }

        return values;
    }
}
