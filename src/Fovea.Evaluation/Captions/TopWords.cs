namespace Fovea.Evaluation.Captions;

/// <summary>Mean score of a word type over its occurrences.</summary>
public sealed record WordMean(string Type, double Mean, int Count);

/// <summary>Which words light up: mean scores by word type, highest first (the analysis of VIG's section on tokens).</summary>
public static class TopWords
{
    /// <summary>
    /// Mean over occurrences of log p(word | condition) - log p(word | reference) in nats, a word's log-probability being the sum of its
    /// targets'. With <c>image</c> and a visionless condition this is a word's VIG.
    /// </summary>
    /// <param name="samples">Words of each sample and its scores; samples without one of the conditions are skipped.</param>
    /// <param name="condition">First condition.</param>
    /// <param name="reference">Second condition.</param>
    /// <param name="minCount">Word types that occur less often are left out.</param>
    public static IReadOnlyList<WordMean> OfDifference(
        IEnumerable<(IReadOnlyList<Word> Words, TokenScores Scores)> samples, string condition, string reference, int minCount = 1) =>
        Rank(
            from sample in samples
            where sample.Scores.LogProbs.ContainsKey(condition) && sample.Scores.LogProbs.ContainsKey(reference)
            let first = sample.Scores.LogProbs[condition]
            let second = sample.Scores.LogProbs[reference]
            from word in sample.Words
            select (word.Type, word.Targets.Sum(t => TokenMeasures.Difference(first[t], second[t]))),
            minCount);

    /// <summary>Mean over occurrences of 1 - p(word | condition): PRIOR's importance for the condition <c>text_only_reference</c>.</summary>
    /// <param name="samples">Words of each sample and its scores; samples without the condition are skipped.</param>
    /// <param name="condition">The condition.</param>
    /// <param name="minCount">Word types that occur less often are left out.</param>
    public static IReadOnlyList<WordMean> OfSurprise(
        IEnumerable<(IReadOnlyList<Word> Words, TokenScores Scores)> samples, string condition, int minCount = 1) =>
        Rank(
            from sample in samples
            where sample.Scores.LogProbs.ContainsKey(condition)
            let scores = sample.Scores.LogProbs[condition]
            from word in sample.Words
            select (word.Type, TokenMeasures.OneMinusProbability(word.Targets.Sum(t => (double)scores[t]))),
            minCount);

    /// <summary>Means by type, highest first, ties by type; values that are NaN (a target that was cut off) are left out.</summary>
    public static IReadOnlyList<WordMean> Rank(IEnumerable<(string Type, double Value)> occurrences, int minCount = 1)
    {
        var sums = new Dictionary<string, (double Sum, int Count)>(StringComparer.Ordinal);
        foreach (var (type, value) in occurrences.Where(o => !double.IsNaN(o.Value)))
        {
            var (sum, count) = sums.GetValueOrDefault(type);
            sums[type] = (sum + value, count + 1);
        }

        return [.. sums.Where(s => s.Value.Count >= minCount)
            .Select(s => new WordMean(s.Key, s.Value.Sum / s.Value.Count, s.Value.Count))
            .OrderByDescending(w => w.Mean).ThenBy(w => w.Type, StringComparer.Ordinal)];
    }
}
