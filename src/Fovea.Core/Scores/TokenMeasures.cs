namespace Fovea.Core.Scores;

/// <summary>
/// The two formulas that this system exists for, over log-probabilities in nats and in double precision: VIG's difference (arXiv
/// 2602.17186, metric) and PRIOR's <c>1 - p</c> (arXiv 2505.08971, method, 2). Everything that selects, analyses or shows scores takes them from here.
/// </summary>
public static class TokenMeasures
{
    /// <summary><c>log p - log q</c>: with the image's condition first and a visionless one second, a token's VIG.</summary>
    public static double Difference(double logProb, double otherLogProb) => logProb - otherLogProb;

    /// <summary>The same of each of the leading targets that both conditions scored: <c>[scored targets]</c>.</summary>
    public static double[] Differences(ReadOnlySpan<float> logProbs, ReadOnlySpan<float> others)
    {
        var differences = new double[Scored(logProbs, others)];
        for (var t = 0; t < differences.Length; t++)
        {
            differences[t] = Difference(logProbs[t], others[t]);
        }

        return differences;
    }

    /// <summary>Their mean, a sample's VIG, and of how many targets; NaN of none.</summary>
    public static double MeanDifference(ReadOnlySpan<float> logProbs, ReadOnlySpan<float> others, out int scored)
    {
        scored = Scored(logProbs, others);
        var sum = 0.0;
        for (var t = 0; t < scored; t++)
        {
            sum += Difference(logProbs[t], others[t]);
        }

        return sum / scored;
    }

    /// <summary><c>1 - p</c> of a token with this log-probability, or of several with the sum of theirs: exact also where p is close to 1.</summary>
    public static double OneMinusProbability(double logProb) => -ExpMinusOne(logProb);

    /// <summary>e^x - 1 without cancellation near 0 (Kahan's correction; the framework's ExpM1 subtracts plainly).</summary>
    private static double ExpMinusOne(double x)
    {
        var exp = Math.Exp(x);
        if (exp == 1)
        {
            return x;
        }

        var difference = exp - 1;
        return difference == -1 ? -1 : difference * x / Math.Log(exp);
    }

    private static int Scored(ReadOnlySpan<float> a, ReadOnlySpan<float> b) => Math.Min(ScoredTargets.Count(a), ScoredTargets.Count(b));
}
