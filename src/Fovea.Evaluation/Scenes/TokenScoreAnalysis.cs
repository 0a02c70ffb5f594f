using Fovea.Core.Results;
using Fovea.Evaluation.Statistics;

namespace Fovea.Evaluation.Scenes;

/// <summary>A token score made of log-probabilities in nats by condition.</summary>
/// <param name="Name">Part of metric names.</param>
/// <param name="Conditions">What it needs.</param>
/// <param name="Score">Score from the log-probabilities, in the order of <paramref name="Conditions"/>.</param>
public sealed record TokenScore(string Name, IReadOnlyList<string> Conditions, Func<double[], double> Score)
{
    /// <summary>log p(condition) - log p(reference): VIG where the first is <c>image</c> and the second a visionless condition.</summary>
    public static TokenScore Difference(string condition, string reference) =>
        new($"{condition}-{reference}", [condition, reference], p => TokenMeasures.Difference(p[0], p[1]));

    /// <summary>1 - p(condition): PRIOR's importance for the condition <c>text_only_reference</c>.</summary>
    public static TokenScore Surprise(string condition) => new($"1-p_{condition}", [condition], p => TokenMeasures.OneMinusProbability(p[0]));
}

/// <summary>Scores of one sample and the class of each target <c>[targets]</c>; a null class is left out.</summary>
public sealed record ClassifiedScores(TokenScores Scores, IReadOnlyList<string?> Classes);

/// <summary>Which kinds of words a token score finds, from a score store and annotations. Pure; the unit is the sample (a scene).</summary>
public static class TokenScoreAnalysis
{
    /// <summary>
    /// For each score: <c>mean/SCORE/CLASS</c>; <c>auc/SCORE</c>, grounded classes against all others, counts on neither side since they follow
    /// from the text; <c>auc_CLASS/SCORE</c>, grounded classes against that other class alone, noise always, the rest where they occur. Targets that
    /// were cut off (NaN) are not counted.
    /// </summary>
    /// <param name="samples">One a unit; a sample without a score's conditions adds nothing to it.</param>
    /// <param name="scores">Scores to analyse.</param>
    public static EvalResult Evaluate(IReadOnlyList<ClassifiedScores> samples, IReadOnlyList<TokenScore> scores)
    {
        var sums = new MetricSums(samples.Count);
        foreach (var score in scores)
        {
            var items = samples.SelectMany((s, unit) => Items(s, score).Select(i => (Unit: unit, i.Class, i.Value))).ToArray();
            foreach (var group in items.GroupBy(i => i.Class).OrderBy(g => g.Key, StringComparer.Ordinal))
            {
                foreach (var item in group)
                {
                    sums.Add($"mean/{score.Name}/{item.Class}", null, item.Unit, item.Value);
                }
            }

            var ranked = items.Where(i => i.Class != SceneClasses.Count).ToArray();
            sums.Add(Auc.ByUnit("auc/" + score.Name, samples.Count, [.. ranked.Select(Ranked)]));
            string[] others = [.. ranked.Select(i => i.Class).Append(SceneClasses.Noise).Where(c => !SceneClasses.Grounded.Contains(c)).Distinct()
                .Order(StringComparer.Ordinal)];
            foreach (var other in others)
            {
                sums.Add(Auc.ByUnit($"auc_{other}/{score.Name}", samples.Count,
                    [.. ranked.Where(i => i.Class == other || SceneClasses.Grounded.Contains(i.Class)).Select(Ranked)]));
            }
        }

        return sums.ToResult("token_scores", "scene");

        static ScoredItem Ranked((int Unit, string Class, double Value) item) =>
            new(item.Unit, item.Value, SceneClasses.Grounded.Contains(item.Class));
    }

    private static IEnumerable<(string Class, double Value)> Items(ClassifiedScores sample, TokenScore score)
    {
        if (!score.Conditions.All(sample.Scores.LogProbs.ContainsKey))
        {
            yield break;
        }

        var logProbs = score.Conditions.Select(c => sample.Scores.LogProbs[c]).ToArray();
        for (var t = 0; t < sample.Classes.Count; t++)
        {
            var value = score.Score([.. logProbs.Select(p => (double)p[t])]);
            if (sample.Classes[t] is { } name && !double.IsNaN(value))
            {
                yield return (name, value);
            }
        }
    }
}
