namespace Fovea.Selection;

/// <summary>The log-probabilities a method needs, with an error that names the sample where they are missing.</summary>
internal static class ScoreColumns
{
    public static float[] Condition(TokenScores scores, string condition) => scores.LogProbs.TryGetValue(condition, out var values)
        ? values
        : throw new InvalidInputException(scores.Key.Source, scores.Key.Record,
            $"condition {condition} is not among the sample's scores ({Present(scores)}); score it, or join the score store that holds it");

    private static string Present(TokenScores scores) =>
        scores.LogProbs.Count == 0 ? "it has no scores" : string.Join(", ", scores.LogProbs.Keys.Order(StringComparer.Ordinal));
}
