using Fovea.Evaluation.Scenes;

namespace Fovea.Evaluation.Analyses;

/// <summary>The scores that a stored sample's log-probabilities make, by the names that analyses' metrics begin with.</summary>
internal static class StoredScores
{
    /// <summary>PRIOR's.</summary>
    public const string Prior = "one_minus_p_ref";

    private static readonly string Visionless = Conditions.Visionless("");

    /// <summary>VIG against each other condition where the image was seen, then PRIOR's <c>1 - p</c> where a text-only reference was read.</summary>
    public static IEnumerable<TokenScore> Of(TokenScores scores)
    {
        if (scores.LogProbs.ContainsKey(Conditions.Image))
        {
            foreach (var condition in scores.LogProbs.Keys.Where(c => c != Conditions.Image).Order(StringComparer.Ordinal))
            {
                var name = condition.StartsWith(Visionless, StringComparison.Ordinal) ? condition[Visionless.Length..] : condition;
                yield return TokenScore.Difference(Conditions.Image, condition) with { Name = "vig/" + name };
            }
        }

        if (scores.LogProbs.ContainsKey(Conditions.TextOnlyReference))
        {
            yield return TokenScore.Surprise(Conditions.TextOnlyReference) with { Name = Prior };
        }
    }
}
