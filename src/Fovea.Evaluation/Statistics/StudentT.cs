namespace Fovea.Evaluation.Statistics;

/// <summary>Student's t distribution, by <see cref="IncompleteBeta"/>: about twelve digits.</summary>
public static class StudentT
{
    /// <summary>P(T &lt;= <paramref name="t"/>) at <paramref name="degrees"/> degrees of freedom (above 0).</summary>
    public static double Cdf(double t, double degrees)
    {
        var tail = 0.5 * IncompleteBeta.Of(degrees / 2, 0.5, degrees / (degrees + (t * t)));
        return t > 0 ? 1 - tail : tail;
    }

    /// <summary>P(|T| >= |<paramref name="t"/>|): the two-sided p.</summary>
    public static double TwoSided(double t, double degrees) => IncompleteBeta.Of(degrees / 2, 0.5, degrees / (degrees + (t * t)));

    /// <summary>The t below which T is with probability <paramref name="p"/>, in (0, 1), by bisection.</summary>
    public static double Quantile(double p, double degrees)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(p);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(p, 1);
        var high = 1.0;
        while (Cdf(high, degrees) < Math.Max(p, 1 - p))
        {
            high *= 2;
        }

        var low = 0.0;
        for (var i = 0; i < 200 && high - low > 1e-14 * high; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = Cdf(middle, degrees) < Math.Max(p, 1 - p) ? (middle, high) : (low, middle);
        }

        return p < 0.5 ? -high : p > 0.5 ? high : 0;
    }
}
