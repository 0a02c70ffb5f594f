using System.Collections.ObjectModel;

namespace Fovea.Store;

/// <summary>
/// Brings conditions of two score stores together by sample, e.g. <c>image</c> from a VIG store and <c>text_only_reference</c> from a PRIOR store.
/// </summary>
public static class ScoreJoin
{
    /// <summary>
    /// Adds conditions of <paramref name="secondary"/> to the samples of <paramref name="primary"/>, lazily and in the order of <paramref name="primary"/>.
    /// Memory grows only with how far the two orders differ.
    /// </summary>
    /// <param name="primary">The samples wanted.</param>
    /// <param name="secondary">Must hold every scored sample of <paramref name="primary"/>.</param>
    /// <param name="conditions">Which conditions to take; null for all.</param>
    /// <param name="prefix">Put before the names of the conditions taken, e.g. where two models were scored under one condition.</param>
    /// <exception cref="FoveaException">A sample is missing, its fingerprints differ, or a condition is in both.</exception>
    public static IEnumerable<TokenScores> Join(
        IEnumerable<TokenScores> primary, IEnumerable<TokenScores> secondary, IReadOnlyCollection<string>? conditions = null, string prefix = "")
    {
        var waiting = new Dictionary<SampleKey, TokenScores>();
        using var others = secondary.GetEnumerator();
        foreach (var row in primary)
        {
            if (row.LogProbs.Count == 0)
            {
                yield return row;
                continue;
            }

            yield return Joined(row, Find(row, waiting, others), conditions, prefix);
        }
    }

    private static TokenScores Find(TokenScores row, Dictionary<SampleKey, TokenScores> waiting, IEnumerator<TokenScores> others)
    {
        if (waiting.Remove(row.Key, out var found))
        {
            return found;
        }

        while (others.MoveNext())
        {
            var other = others.Current;
            if (other.Key == row.Key)
            {
                return other;
            }

            if (other.LogProbs.Count > 0 || other.InvalidReason is not null)
            {
                waiting[other.Key] = other;
            }
        }

        var sources = waiting.Keys.Select(k => k.Source).Distinct(StringComparer.Ordinal).Take(3).ToArray();
        throw new InvalidInputException(row.Key.Source, row.Key.Record, sources.Length == 0 || sources.Contains(row.Key.Source)
            ? "is scored in the first score store and not in the second; score the same corpus twice"
            : $"is scored in the first score store and not in the second, which holds {string.Join(", ", sources)}; if that is the same file under another "
                + $"name give --rename {sources[0]}={row.Key.Source}, else score the same corpus twice");
    }

    private static TokenScores Joined(TokenScores row, TokenScores other, IReadOnlyCollection<string>? conditions, string prefix)
    {
        Agree(row, "text fingerprint", row.TextFingerprint, other.TextFingerprint);
        if (row.ContextFingerprint is not null && other.ContextFingerprint is not null)
        {
            Agree(row, "context fingerprint", row.ContextFingerprint, other.ContextFingerprint);
        }

        if (row.ConversationFingerprint is not null && other.ConversationFingerprint is not null)
        {
            Agree(row, "conversation fingerprint", row.ConversationFingerprint, other.ConversationFingerprint);
        }

        if (row.ImageHash is not null && other.ImageHash is not null)
        {
            Agree(row, "image hash", row.ImageHash, other.ImageHash);
        }

        if (other.InvalidReason is not null)
        {
            return row with
            {
                InvalidReason = other.InvalidReason,
                LogProbs = ReadOnlyDictionary<string, float[]>.Empty,
                TopOne = ReadOnlyDictionary<string, bool[]>.Empty,
                Entropy = ReadOnlyDictionary<string, float[]>.Empty,
                Logits = ReadOnlyDictionary<string, float[]>.Empty,
                Divergence = ReadOnlyDictionary<string, float[]>.Empty,
            };
        }

        var all = new Dictionary<string, float[]>(row.LogProbs, StringComparer.Ordinal);
        foreach (var (condition, values) in other.LogProbs.Where(c => conditions?.Contains(c.Key) ?? true))
        {
            if (!all.TryAdd(prefix + condition, values))
            {
                throw new FoveaException($"both score stores hold the condition {condition}; name the conditions to take from the second");
            }
        }

        IReadOnlyDictionary<string, T> Both<T>(IReadOnlyDictionary<string, T> own, IReadOnlyDictionary<string, T> others) => others.Count == 0 ? own
            : own.Concat(others.Where(c => conditions?.Contains(c.Key) ?? true).Select(c => KeyValuePair.Create(prefix + c.Key, c.Value))).ToDictionary();

        // A text-only reference saw no context; what is weighted by both must keep the other's.
        return row with
        {
            LogProbs = all,
            TopOne = Both(row.TopOne, other.TopOne),
            Entropy = Both(row.Entropy, other.Entropy),
            Logits = Both(row.Logits, other.Logits),
            Divergence = Both(row.Divergence, other.Divergence),
            ContextFingerprint = row.ContextFingerprint ?? other.ContextFingerprint,
            ConversationFingerprint = row.ConversationFingerprint ?? other.ConversationFingerprint,
            ImageHash = row.ImageHash ?? other.ImageHash,
        };
    }

    private static void Agree(TokenScores row, string what, string expected, string got)
    {
        if (expected != got)
        {
            throw new InvalidInputException(row.Key.Source, row.Key.Record,
                $"{what}: expected {expected} (first score store), got {got} (second); score both over the same text and images, with the same "
                    + $"tokenizer and template");
        }
    }
}
