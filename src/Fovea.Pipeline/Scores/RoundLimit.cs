namespace Fovea.Pipeline.Scores;

/// <summary>Round numbers for scales.</summary>
public static class RoundLimit
{
    private static readonly int[] Steps = [1, 2, 5, 10];

    /// <summary>The next 1, 2 or 5 times a power of ten at or above <paramref name="value"/>; at least 0.01.</summary>
    public static double Above(double value)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(value, 0.01)) + 1e-9));
        return Steps.Select(m => m * power).First(l => l >= value * (1 - 1e-9));
    }

    /// <summary>The same above the 95th percentile of the values' magnitudes; what is not finite does not count.</summary>
    public static double OfMost(IEnumerable<double> values)
    {
        double[] sizes = [.. values.Select(Math.Abs).Where(double.IsFinite).Order()];
        return Above(sizes.Length == 0 ? 0 : sizes[(int)(0.95 * (sizes.Length - 1))]);
    }
}
