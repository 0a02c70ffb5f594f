namespace Fovea.Store;

/// <summary>Turns stored weights into what the loss of one sample uses.</summary>
public static class WeightNormalizer
{
    /// <summary>
    /// Weights of the first <paramref name="kept"/> targets: <c>[kept]</c>. Under <see cref="WeightNormalization.TargetCount"/> they are scaled to sum to
    /// <paramref name="kept"/>: <c>kept * w_i / sum_j w_j</c> (PRIOR, arXiv 2505.08971, method, 3); all zero means one each, plain next-token prediction.
    /// </summary>
    /// <param name="raw">Stored weights <c>[targets]</c>, finite and not negative.</param>
    /// <param name="kept">Targets left after truncation, at most <c>targets</c>.</param>
    /// <param name="normalization">How to scale.</param>
    /// <exception cref="FoveaException">A weight is negative or not finite.</exception>
    public static float[] Normalize(ReadOnlySpan<float> raw, int kept, WeightNormalization normalization)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(kept);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(kept, raw.Length);
        var weights = raw[..kept].ToArray();
        var sum = 0.0;
        for (var i = 0; i < kept; i++)
        {
            if (!(weights[i] >= 0) || float.IsInfinity(weights[i]))
            {
                throw new FoveaException($"weight {i} is {weights[i]}; expected a finite number of at least 0");
            }

            sum += weights[i];
        }

        if (normalization == WeightNormalization.None)
        {
            return weights;
        }

        for (var i = 0; i < kept; i++)
        {
            weights[i] = sum > 0 ? (float)(kept * (weights[i] / sum)) : 1f;
        }

        return weights;
    }
}
