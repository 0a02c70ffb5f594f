namespace Fovea.Selection.Neighbours;

/// <summary>
/// CAL (arXiv 2405.17871): <c>w_t</c> is the mean over each target and its two neighbours of the target's raw logit with the image less that without it, between
/// 1 and 5. From scores taken before training, where CAL takes the logits anew at each step and the image's places are masked.
/// </summary>
public static class LogitContrast
{
    /// <summary>The method in the catalogue.</summary>
    public static SelectorDefinition Definition { get; } = new(
        "cal", "CAL (arXiv 2405.17871): difference of raw logits with and without the image, in [least (1), most (5)], a mean of 3; needs 'score vig --logit'",
        [nameof(SelectorRequest.Against), "least", "most"], r =>
        {
            var (without, least, most) = (VigMethods.Visionless(r), r.Number("least", otherwise: 1), r.Number("most", otherwise: 5));
            return least >= 0 && most >= least
                ? new TokenWeighing("cal", [Conditions.Image, without], s => Weights(s, without, least, most),
                    TokenWeighing.Fields(("without", without), ("least", least), ("most", most)))
                {
                    Facts = ScoreFacts.Logits,
                }
                : throw new UsageException(FormattableString.Invariant($"'least', 'most': expected 0 <= least <= most, got {least} and {most}"));
        });

    /// <summary>Zero past the scored targets: <c>[targets]</c>.</summary>
    public static float[] Weights(TokenScores sample, string without, double least, double most)
    {
        var (with, blind) = (Logits(sample, Conditions.Image), Logits(sample, without));
        var differences = TokenMeasures.Differences(with, blind);
        for (var t = 0; t < differences.Length; t++)
        {
            differences[t] = Math.Clamp(differences[t], least, most);
        }

        var weights = new float[sample.TargetIds.Length];
        for (var t = 0; t < differences.Length; t++)
        {
            var around = differences.AsSpan(Math.Max(0, t - 1)..Math.Min(differences.Length, t + 2));
            var sum = 0.0;
            foreach (var difference in around)
            {
                sum += difference;
            }

            weights[t] = (float)(sum / around.Length);
        }

        return weights;
    }

    private static float[] Logits(TokenScores sample, string condition) => ScoreColumns.Fact(sample, sample.Logits, condition, "logit", "--logit");
}
