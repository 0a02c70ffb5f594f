namespace Fovea.Selection.Neighbours;

/// <summary>
/// Weights from how far the prediction without the image is from that with it, <c>S_t = KL(p(. | image) || p(. | no image))</c> over the vocabulary: a
/// token's visual dependence whichever token was the target, never below 0.
/// </summary>
public static class DivergenceWeights
{
    private static readonly string[] Reads = [nameof(SelectorRequest.Against)];

    /// <summary>
    /// VPPO's choice of tokens (arXiv 2510.09285): the top 40 % of each sample's targets by S_t carry loss, ties too. Its weighting of whole samples belongs to
    /// reinforcement learning and is left out. A sample keeps its end tokens unless <see cref="SelectorRequest.StrictPaper"/> says otherwise.
    /// </summary>
    public static SelectorDefinition Mask { get; } = new(
        "vppo", "VPPO (arXiv 2510.09285): the top 40 % of each sample's tokens by KL with and without the image; needs 'fovea score vig --kl'",
        [.. Reads, nameof(SelectorRequest.Percent), nameof(SelectorRequest.StrictPaper)], r =>
        {
            var (without, percent, strict) = (VigMethods.Visionless(r), r.Percent ?? 40, r.StrictPaper);
            _ = Threshold.TopCount(percent, 0);
            return new TokenWeighing("vppo", [without], s => TopShare(s, without, percent, strict),
                TokenWeighing.Fields(("without", without), ("percent", percent), ("strict_paper", strict ? "true" : "false")))
            {
                Facts = ScoreFacts.Divergence,
            };
        });

    /// <summary>
    /// PGPO's idea (arXiv 2604.01840): a gate lets the targets of at least a threshold gain in proportion to S_t, and a sample's weights keep their sum.
    /// Its gate and constants are not public: ours is <c>1 + beta S_t / mean S</c> at and above the threshold, 1 below it, by default beta = 1 and the sample's
    /// mean, scaled to the number of targets.
    /// </summary>
    public static SelectorDefinition Gate { get; } = new(
        "pgpo", "after PGPO (arXiv 2604.01840): tokens of at least a threshold of KL gain, the sum is kept; beta (1), threshold (the sample's mean, in nats)",
        [.. Reads, "beta", "threshold"], r =>
        {
            var (without, beta) = (VigMethods.Visionless(r), r.Number("beta", otherwise: 1));
            double? threshold = r.Settings.ContainsKey("threshold") ? r.Number("threshold", otherwise: 0) : null;
            return beta >= 0
                ? new TokenWeighing("pgpo", [without], s => Gated(s, without, beta, threshold),
                    TokenWeighing.Fields(("without", without), ("beta", beta), ("threshold", threshold ?? (object)"mean")))
                {
                    Normalization = WeightNormalization.TargetCount,
                    Facts = ScoreFacts.Divergence,
                }
                : throw new UsageException(FormattableString.Invariant($"'beta': expected at least 0, got {beta}"));
        });

    /// <summary>One for the <c>ceil(percent n / 100)</c> targets of the n scored ones with the largest S_t, and their equals: <c>[targets]</c>.</summary>
    public static float[] TopShare(TokenScores sample, string without, decimal percent, bool strict)
    {
        double[] divergence = [.. Scored(sample, without).ToArray().Select(d => (double)d)];
        return TokenMask.AtLeast(divergence, Threshold.Of(divergence, percent) ?? double.NaN, sample, strict);
    }

    /// <summary>Raw weights of the gate; zero past the scored targets: <c>[targets]</c>.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="without">The condition compared with the image.</param>
    /// <param name="beta">Gain of a target whose S_t is the mean.</param>
    /// <param name="threshold">In nats; null: the sample's mean.</param>
    public static float[] Gated(TokenScores sample, string without, double beta, double? threshold)
    {
        var divergence = Scored(sample, without);
        var sum = 0.0;
        foreach (var d in divergence)
        {
            sum += d;
        }

        var mean = sum / Math.Max(1, divergence.Length);
        return TokenWeighing.Of(sample, divergence, d => d >= (threshold ?? mean) && mean > 0 ? 1 + (beta * d / mean) : 1);
    }

    private static ReadOnlySpan<float> Scored(TokenScores sample, string without)
    {
        var divergence = ScoreColumns.Fact(sample, sample.Divergence, without, "kl", "--kl");
        return divergence.AsSpan(0, ScoredTargets.Count(divergence));
    }
}
