namespace Fovea.Selection.Neighbours;

/// <summary>Weights of every sample's targets from their VIG: none is masked by a threshold.</summary>
public static class GainWeights
{
    private static readonly string[] Comparison = [nameof(SelectorRequest.Against)];

    /// <summary>
    /// VIG with a temperature in place of a threshold: <c>w_t = 1 / (1 + exp(-(VIG_t - tau) / T))</c>, by default T = 1 nat and tau = 0. A small T comes
    /// near to the mask of the tokens above tau, a large one to equal weights.
    /// </summary>
    public static SelectorDefinition Soft { get; } = new(
        "vig-soft", "VIG's tokens with soft weights, sigmoid((VIG - tau) / temperature); temperature (1 nat), --token-tau (0)",
        [.. Comparison, nameof(SelectorRequest.TokenTau), "temperature"], r =>
        {
            var (without, temperature, tau) = (VigMethods.Visionless(r), r.Number("temperature", otherwise: 1), r.TokenTau ?? 0);
            return temperature > 0
                ? new TokenWeighing("vig_soft", [Conditions.Image, without], s => SoftWeights(s, without, tau, temperature),
                    TokenWeighing.Fields(("without", without), ("temperature", temperature), ("tau", tau)))
                : throw new UsageException(FormattableString.Invariant($"'temperature': expected more than 0 nats, got {temperature}"));
        });

    /// <summary>
    /// In the spirit of image-negative tokens (arXiv 2605.21300): the targets that the image makes less likely weigh more, where VIG leaves them out.
    /// Three factors for a VIG above, within and below a dead band around 0. The paper's weights and bands are not public: the defaults are ours.
    /// </summary>
    public static SelectorDefinition ImageNegative { get; } = new(
        "image-negative", "tokens the image makes less likely weigh more (after arXiv 2605.21300); band (0.1 nats), above (1), within (1), below (2)",
        [.. Comparison, "band", "above", "within", "below"], r =>
        {
            var without = VigMethods.Visionless(r);
            double Least(string key, double otherwise) => r.Number(key, otherwise) is >= 0 and var number ? number
                : throw new UsageException($"'{key}': expected at least 0, got {r.Settings[key]}");
            var factors = new BandFactors(Least("band", 0.1), Least("above", 1), Least("within", 1), Least("below", 2));
            return new TokenWeighing("image_negative", [Conditions.Image, without], s => BandWeights(s, without, factors),
                TokenWeighing.Fields(("without", without), ("band", factors.Band), ("above", factors.Above), ("within", factors.Within), ("below", factors.Below)));
        });

    /// <summary>The sigmoid of a target's VIG: <c>[targets]</c>.</summary>
    public static float[] SoftWeights(TokenScores sample, string without, double tau, double temperature) => TokenWeighing.Of<double>(
        sample, VisualInformationGain.OfTokens(sample, Conditions.Image, without), gain => 1 / (1 + Math.Exp((tau - gain) / temperature)));

    /// <summary>The factor of a target's VIG; the ends of the band are within it: <c>[targets]</c>.</summary>
    public static float[] BandWeights(TokenScores sample, string without, BandFactors factors) => TokenWeighing.Of<double>(
        sample, VisualInformationGain.OfTokens(sample, Conditions.Image, without),
        gain => gain > factors.Band ? factors.Above : gain < -factors.Band ? factors.Below : factors.Within);
}

/// <summary>Weights by a dead band of VIG.</summary>
/// <param name="Band">Half its width, in nats.</param>
/// <param name="Above">Of targets that the image makes likelier.</param>
/// <param name="Within">Of those it hardly moves.</param>
/// <param name="Below">Of those it makes less likely.</param>
public readonly record struct BandFactors(double Band, double Above, double Within, double Below);
