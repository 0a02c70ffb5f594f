using Fovea.Core.Scores;
using Fovea.Store;

namespace Fovea.Selection;

/// <summary>VIG (arXiv 2602.17186, metric), in nats and in double precision over stored float32 log-probabilities.</summary>
public static class VisualInformationGain
{
    /// <summary>
    /// <c>VIG_t = log p(a_t | with) - log p(a_t | without)</c> of the targets that both conditions scored: the first ones, <c>[scored targets]</c>.
    /// </summary>
    /// <param name="scores">One sample.</param>
    /// <param name="with">The condition that sees the image, normally <see cref="Conditions.Image"/>.</param>
    /// <param name="without">The visionless one, or <see cref="Conditions.TextOnlyReference"/>.</param>
    /// <exception cref="Core.Errors.InvalidInputException">A condition is missing.</exception>
    public static double[] OfTokens(TokenScores scores, string with, string without)
    {
        var seen = ScoreColumns.Condition(scores, with);
        var blind = ScoreColumns.Condition(scores, without);
        var gains = new double[Math.Min(ScoredTargets.Count(seen), ScoredTargets.Count(blind))];
        for (var t = 0; t < gains.Length; t++)
        {
            gains[t] = (double)seen[t] - blind[t];
        }

        return gains;
    }

    /// <summary>The same mean straight from a sample's scores, and how many targets both conditions scored.</summary>
    /// <exception cref="Core.Errors.InvalidInputException">A condition is missing.</exception>
    public static double OfSample(TokenScores scores, string with, string without, out int scored)
    {
        var seen = ScoreColumns.Condition(scores, with);
        var blind = ScoreColumns.Condition(scores, without);
        scored = Math.Min(ScoredTargets.Count(seen), ScoredTargets.Count(blind));
        var sum = 0.0;
        for (var t = 0; t < scored; t++)
        {
            sum += (double)seen[t] - blind[t];
        }

        return sum / scored;
    }

    /// <summary><c>VIG = (1/T) sum_t VIG_t</c> over all scored targets, end tokens included; NaN without targets.</summary>
    public static double OfSample(ReadOnlySpan<double> tokenGains)
    {
        var sum = 0.0;
        foreach (var gain in tokenGains)
        {
            sum += gain;
        }

        return sum / tokenGains.Length;
    }
}
