namespace Fovea.Scoring;

/// <summary>Adds conditions to a sample that a store holds without them, as if all had been scored together.</summary>
internal static class AddedConditions
{
    /// <summary>
    /// Both rows' conditions, those that were held first. A sample that was not scored stays as it is; one that now fails has no
    /// scores, as in scoring all at once.
    /// </summary>
    /// <exception cref="InvalidInputException">The rows are not of one sample.</exception>
    public static TokenScores Add(TokenScores held, TokenScores added)
    {
        if (held.InvalidReason is not null || held.LogProbs.Count == 0)
        {
            return held;
        }

        if (added.InvalidReason is not null)
        {
            return added;
        }

        if ((held.Key, held.TextFingerprint, held.ContextFingerprint, held.ImageHash) != (added.Key, added.TextFingerprint,
            added.ContextFingerprint, added.ImageHash))
        {
            throw new InvalidInputException(held.Key.Source, held.Key.Record, "its text or its image changed while it was scored; run the same command again");
        }

        return held with
        {
            LogProbs = Both(held.LogProbs, added.LogProbs),
            TopOne = Both(held.TopOne, added.TopOne),
            Entropy = Both(held.Entropy, added.Entropy),
            Logits = Both(held.Logits, added.Logits),
            Divergence = Both(held.Divergence, added.Divergence),
        };
    }

    private static Dictionary<string, T> Both<T>(IReadOnlyDictionary<string, T> held, IReadOnlyDictionary<string, T> added) =>
        held.Concat(added).DistinctBy(c => c.Key, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
}
