namespace Fovea.Selection;

/// <summary>
/// PRIOR (arXiv 2505.08971, method, 2): every sample, each target weighted with <c>w_i = (1 - p_ref(t_i | t_&lt;i))^alpha</c>. The weights are raw;
/// training scales those that remain after truncation to their number. Targets that the reference did not score weigh 0.
/// </summary>
/// <param name="alpha">At least 0; 1 in the paper, 0 is plain next-token prediction.</param>
/// <param name="condition">The reference's condition.</param>
public sealed class PriorSelector(double alpha = 1, string condition = Core.Scores.Conditions.TextOnlyReference) : ISelector
{
    /// <summary>The method in the catalogue.</summary>
    public static SelectorDefinition Definition { get; } = new(
        "prior", "PRIOR: every token, weighted by (1 - p_ref)^alpha", [nameof(SelectorRequest.Alpha)], r => new PriorSelector(r.Alpha));

    private readonly double _alpha = alpha is >= 0 and < double.PositiveInfinity
        ? alpha
        : throw new UsageException(FormattableString.Invariant($"--alpha: expected a finite number of at least 0, got {alpha}"));

    public WeightNormalization Normalization => WeightNormalization.TargetCount;

    public bool WeighsTokens => true;

    public IReadOnlyCollection<string> Conditions => [condition];

    public ScoreFacts Facts => ScoreFacts.None;

    public IReadOnlyDictionary<string, string> Describe() => new Dictionary<string, string>
    {
        ["method"] = "prior",
        ["alpha"] = _alpha.ToString("R", CultureInfo.InvariantCulture),
        ["condition"] = condition,
    };

    public ISelection Fit(IEnumerable<TokenScores> scores) =>
        new PerSampleSelection(sample => Decision.Keep(Weights(ScoreColumns.Condition(sample, condition), _alpha)));

    /// <summary><c>(1 - exp(log p))^alpha</c>, taken in double precision from log-probabilities in nats: <c>[targets]</c>.</summary>
    public static float[] Weights(ReadOnlySpan<float> logProbs, double alpha)
    {
        var weights = new float[logProbs.Length];
        var scored = ScoredTargets.Count(logProbs);
        for (var i = 0; i < scored; i++)
        {
            weights[i] = (float)Math.Pow(TokenMeasures.OneMinusProbability(logProbs[i]), alpha);
        }

        return weights;
    }
}
