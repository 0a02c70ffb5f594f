namespace Fovea.Selection.Neighbours;

/// <summary>
/// Weights that come of the model's own prediction, from scores taken before training, where the papers take them anew at each step.
/// </summary>
public static class ModelWeights
{
    /// <summary>EAFT normalises the entropy of the 20 likeliest tokens by its largest value.</summary>
    private static readonly double TopEntropy = Math.Log(20);

    /// <summary>DFT (arXiv 2508.05629): <c>w_t = p(a_t)</c>, so that the gradient no longer has the factor <c>1 / p</c>.</summary>
    public static SelectorDefinition Probability { get; } = new(
        "dft", "DFT (arXiv 2508.05629): every token, weighted by its probability", [nameof(SelectorRequest.Against)], r =>
        {
            var condition = ConditionOf(r);
            return new TokenWeighing("dft", [condition], s => ProbabilityWeights(s, condition), TokenWeighing.Fields(("condition", condition)));
        });

    /// <summary>
    /// EAFT (arXiv 2601.02151): <c>w_t = min(1, H_t / ln 20)^alpha</c> with the entropy of the prediction: confident conflicts weigh little. The paper
    /// takes H over the 20 likeliest tokens, the store holds it over the whole vocabulary.
    /// </summary>
    public static SelectorDefinition Entropy { get; } = new(
        "eaft", "EAFT (arXiv 2601.02151): every token, weighted by the entropy of its prediction; needs 'fovea score vig --entropy'",
        [nameof(SelectorRequest.Against), nameof(SelectorRequest.Alpha)], r =>
        {
            var (condition, alpha) = (ConditionOf(r), r.Alpha);
            return new TokenWeighing("eaft", [condition], s => EntropyWeights(s, condition, alpha),
                TokenWeighing.Fields(("condition", condition), ("alpha", alpha)))
            {
                Facts = ScoreFacts.Entropy,
            };
        });

    /// <summary><c>exp(log p)</c>: <c>[targets]</c>.</summary>
    public static float[] ProbabilityWeights(TokenScores sample, string condition)
    {
        var logProbs = ScoreColumns.Condition(sample, condition);
        return TokenWeighing.Of<float>(sample, logProbs.AsSpan(0, ScoredTargets.Count(logProbs)), p => Math.Exp(p));
    }

    /// <summary><c>min(1, H / ln 20)^alpha</c> of entropies in nats: <c>[targets]</c>.</summary>
    public static float[] EntropyWeights(TokenScores sample, string condition, double alpha)
    {
        var entropy = ScoreColumns.Fact(sample, sample.Entropy, condition, "entropy", "--entropy");
        return TokenWeighing.Of<float>(sample, entropy.AsSpan(0, ScoredTargets.Count(entropy)), h => Math.Pow(Math.Min(1, h / TopEntropy), alpha));
    }

    private static string ConditionOf(SelectorRequest request) => request.Against is { } against
        ? request.Scores.Conditions.Contains(against) ? against : request.ConditionOf(against)
        : Conditions.Image;
}
