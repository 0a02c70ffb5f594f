namespace Fovea.Selection;

/// <summary>Masks of a sample's targets.</summary>
internal static class TokenMask
{
    /// <summary>
    /// One where a target's value is at least the threshold, and at end tokens unless <paramref name="strict"/>; else zero: <c>[targets]</c>.
    /// Targets past the scored ones are zero.
    /// </summary>
    public static float[] AtLeast(ReadOnlySpan<double> scored, double threshold, TokenScores sample, bool strict)
    {
        var mask = new float[sample.TargetIds.Length];
        for (var t = 0; t < scored.Length; t++)
        {
            mask[t] = scored[t] >= threshold ? 1f : 0f;
        }

        if (!strict)
        {
            foreach (var end in sample.EndTargets)
            {
                mask[end] = 1f;
            }
        }

        return mask;
    }
}
