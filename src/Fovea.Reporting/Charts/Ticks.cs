namespace Fovea.Reporting.Charts;

/// <summary>Round numbers for an axis: steps of 1, 2 or 5 times a power of ten.</summary>
internal static class Ticks
{
    /// <summary>The smallest round step that gives at most <paramref name="most"/> steps over a positive range.</summary>
    public static double Step(double range, int most)
    {
        var rough = range / most;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        // The tolerance keeps 0.2 / 0.1 = 2.0000000000000004 a 2.
        return (rough / power) switch
        {
            <= 1 + 1e-9 => power,
            <= 2 + 1e-9 => 2 * power,
            <= 5 + 1e-9 => 5 * power,
            _ => 10 * power,
        };
    }

    /// <summary>Multiples of <paramref name="step"/> within [low, high], ascending.</summary>
    public static double[] Within(double low, double high, double step)
    {
        var first = Math.Ceiling(low / step - 1e-9);
        var count = (int)Math.Clamp(Math.Floor(high / step + 1e-9) - first + 1, 0, 100);
        return [.. Enumerable.Range(0, count).Select(i => (first + i) * step)];
    }
}
