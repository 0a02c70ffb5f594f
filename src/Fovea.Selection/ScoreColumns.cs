namespace Fovea.Selection;

/// <summary>The columns a method needs, with an error that names the sample where they are missing.</summary>
internal static class ScoreColumns
{
    public static float[] Condition(TokenScores scores, string condition) => scores.LogProbs.TryGetValue(condition, out var values)
        ? values
        : throw new InvalidInputException(scores.Key.Source, scores.Key.Record,
            $"condition {condition} is not among the sample's scores ({Present(scores)}); score it, or join the score store that holds it");

    /// <summary>What is stored beside log-probabilities only if asked for.</summary>
    /// <param name="scores">One sample.</param>
    /// <param name="facts">By condition.</param>
    /// <param name="condition">The condition wanted.</param>
    /// <param name="column">What the column is called, before the condition.</param>
    /// <param name="option">What asks for it.</param>
    public static float[] Fact(TokenScores scores, IReadOnlyDictionary<string, float[]> facts, string condition, string column, string option) =>
        facts.TryGetValue(condition, out var values)
            ? values
            : throw new InvalidInputException(scores.Key.Source, scores.Key.Record,
                $"the score stores hold no {column}.{condition}; score into another folder with 'fovea score vig {option}'");

    private static string Present(TokenScores scores) =>
        scores.LogProbs.Count == 0 ? "it has no scores" : string.Join(", ", scores.LogProbs.Keys.Order(StringComparer.Ordinal));
}
