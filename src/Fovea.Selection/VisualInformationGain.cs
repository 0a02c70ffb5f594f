namespace Fovea.Selection;

/// <summary>VIG (arXiv 2602.17186, metric) of a sample's scores, in nats: <see cref="TokenMeasures"/> by the names of conditions.</summary>
public static class VisualInformationGain
{
    /// <summary>Whether a selection ranks the sample by its VIG, and so whether it counts in tau.</summary>
    public static bool IsRanked(TokenScores sample) => PerSampleSelection.IsRanked(sample);

    /// <summary>
    /// <c>VIG_t = log p(a_t | with) - log p(a_t | without)</c> of the targets that both conditions scored: the first ones, <c>[scored targets]</c>.
    /// </summary>
    /// <param name="scores">One sample.</param>
    /// <param name="with">The condition that sees the image, normally <see cref="Conditions.Image"/>.</param>
    /// <param name="without">The visionless one, or <see cref="Conditions.TextOnlyReference"/>.</param>
    /// <exception cref="Core.Errors.InvalidInputException">A condition is missing.</exception>
    public static double[] OfTokens(TokenScores scores, string with, string without) =>
        TokenMeasures.Differences(ScoreColumns.Condition(scores, with), ScoreColumns.Condition(scores, without));

    /// <summary><c>VIG = (1/T) sum_t VIG_t</c> over the T targets that both conditions scored, end tokens included; NaN without any.</summary>
    /// <exception cref="Core.Errors.InvalidInputException">A condition is missing.</exception>
    public static double OfSample(TokenScores scores, string with, string without, out int scored) =>
        TokenMeasures.MeanDifference(ScoreColumns.Condition(scores, with), ScoreColumns.Condition(scores, without), out scored);
}
