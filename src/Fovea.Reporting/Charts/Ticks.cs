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

    /// <summary>
    /// Ticks that cover a positive range for a logarithmic axis: powers of ten, and 2 and 5 times them where the range is below two decades.
    /// </summary>
    public static double[] Logarithmic(double low, double high)
    {
        var first = (int)Math.Floor(Math.Log10(low));
        var last = (int)Math.Ceiling(Math.Log10(high));
        if (last - first > 2)
        {
            var stride = (last - first + 7) / 8;
            var count = (last - first + stride - 1) / stride;
            return [.. Enumerable.Range(0, count + 1).Select(i => Math.Pow(10, first + i * stride))];
        }

        double[] all = [.. Enumerable.Range(first, last - first + 1).SelectMany(p => new[] { 1.0, 2, 5 }.Select(m => m * Math.Pow(10, p)))];
        var from = Math.Max(0, Array.FindLastIndex(all, t => t <= low * (1 + 1e-9)));
        var to = Array.FindIndex(all, t => t >= high * (1 - 1e-9));
        return all[from..((to < 0 ? all.Length - 1 : to) + 1)];
    }
}
