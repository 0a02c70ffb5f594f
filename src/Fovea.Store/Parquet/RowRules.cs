namespace Fovea.Store.Parquet;

/// <summary>What every row of a score store keeps to, checked when it is written and when it is read.</summary>
internal static class RowRules
{
    /// <exception cref="InvalidDataException">The row breaks a rule; the message names the sample.</exception>
    public static void Check(TokenScores row)
    {
        var targets = row.TargetIds.Length;
        if (targets > ParquetLimits.MaxTargets)
        {
            throw new InvalidDataException($"{row.Key}: {targets} targets; at most {ParquetLimits.MaxTargets} are stored");
        }

        for (var i = 0; i < row.EndTargets.Length; i++)
        {
            if (row.EndTargets[i] < 0 || row.EndTargets[i] >= targets || (i > 0 && row.EndTargets[i] <= row.EndTargets[i - 1]))
            {
                throw new InvalidDataException($"{row.Key}: end target {row.EndTargets[i]} is not an ascending position among {targets} targets");
            }
        }

        foreach (var (condition, values) in row.LogProbs)
        {
            if (values.Length != targets)
            {
                throw new InvalidDataException($"{row.Key}: {values.Length} log-probabilities under {condition} for {targets} targets");
            }

            CheckValues(row, condition, values);
        }

        CheckDetails(row);
    }

    private static void CheckDetails(TokenScores row)
    {
        foreach (var (condition, count) in row.TopOne.Select(t => (t.Key, t.Value.Length))
            .Concat(row.Entropy.Concat(row.Logits).Concat(row.Divergence).Select(e => (e.Key, e.Value.Length))))
        {
            if (count != row.TargetIds.Length || !row.LogProbs.ContainsKey(condition))
            {
                throw new InvalidDataException($"{row.Key}: {count} top-1 flags, entropies, logits or divergences under {condition} for {row.TargetIds.Length} targets; expected "
                    + $"one beside each log-probability");
            }
        }

        foreach (var (condition, values) in row.Entropy.Concat(row.Divergence))
        {
            if (Array.Find(values, v => v < 0 || float.IsInfinity(v)) is not 0f and var wrong)
            {
                throw new InvalidDataException($"{row.Key}: {wrong} under {condition} is no entropy or divergence");
            }
        }

        if (row.Logits.FirstOrDefault(l => Array.Exists(l.Value, float.IsInfinity)) is { Key: { } infinite })
        {
            throw new InvalidDataException($"{row.Key}: a logit under {infinite} is not finite");
        }
    }

    private static void CheckValues(TokenScores row, string condition, float[] values)
    {
        var scored = ScoredTargets.Count(values);
        for (var i = 0; i < scored; i++)
        {
            if (!(values[i] <= 0f) || float.IsInfinity(values[i]))
            {
                throw new InvalidDataException($"{row.Key}: {values[i]} under {condition} at target {i} is no log-probability");
            }
        }
    }
}
