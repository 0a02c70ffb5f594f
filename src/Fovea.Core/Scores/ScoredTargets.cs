namespace Fovea.Core.Scores;

/// <summary>
/// Which targets of a sample were scored. A model's length limit may cut a sample's last targets off;
/// their log-probabilities are stored as NaN, always at the end.
/// </summary>
public static class ScoredTargets
{
    /// <summary>Number of leading targets that were scored: the log-probabilities <c>[targets]</c> without their run of NaN at the end.</summary>
    public static int Count(ReadOnlySpan<float> logProbs)
    {
        var count = logProbs.Length;
        while (count > 0 && float.IsNaN(logProbs[count - 1]))
        {
            count--;
        }

        return count;
    }
}
