namespace Fovea.Reporting.Charts;

/// <summary>Value -> position.</summary>
internal sealed class AxisScale
{
    /// <summary>Magnitudes beyond this count as not finite, so that ranges and steps never overflow.</summary>
    public const double LargestMagnitude = 1e150;

    private readonly double _from;
    private readonly double _to;

    private AxisScale(double low, double high, double from, double to, double step)
    {
        (Low, High, _from, _to, Step) = (low, high, from, to, step);
        Ticks = Charts.Ticks.Within(low, high, step);
    }

    public double Low { get; }

    public double High { get; }

    /// <summary>Round values within [<see cref="Low"/>, <see cref="High"/>].</summary>
    public IReadOnlyList<double> Ticks { get; }

    public double Step { get; }

    public static bool IsDrawable(double value) => Math.Abs(value) <= LargestMagnitude;

    /// <summary>An axis over the drawable values; <paramref name="widen"/> ends it at ticks. No value gives [0, 1].</summary>
    public static AxisScale Over(IEnumerable<double> values, double from, double to, int mostSteps, bool widen)
    {
        var (low, high) = Range(values.Where(IsDrawable));
        if (high - low <= Math.Max(Math.Abs(low), Math.Abs(high)) * 1e-9)
        {
            var pad = low == 0 ? 1 : Math.Abs(low) / 2;
            (low, high) = low == 0 ? (0, 1) : (low - pad, high + pad);
        }

        if (high - low < 1e-200)
        {
            (low, high) = (0, 1);
        }

        var step = Charts.Ticks.Step(high - low, mostSteps);
        if (widen)
        {
            low = Math.Floor(low / step + 1e-9) * step;
            high = Math.Ceiling(high / step - 1e-9) * step;
        }

        return new AxisScale(low, high, from, to, step);
    }

    public double Of(double value) => _from + (_to - _from) * ((value - Low) / (High - Low));

    private static (double Low, double High) Range(IEnumerable<double> values)
    {
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        foreach (var value in values)
        {
            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }

        return low <= high ? (low, high) : (0, 1);
    }
}
