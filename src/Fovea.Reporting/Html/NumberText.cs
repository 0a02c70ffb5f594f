using Fovea.Reporting.Documents;

namespace Fovea.Reporting.Html;

/// <summary>Numbers as people read them: invariant culture, a true minus sign, a dash where there is none.</summary>
internal static class NumberText
{
    /// <summary>Shown where there is no number.</summary>
    public const string Missing = "\u2013";

    public static string Of(double? value, NumberFormat format, int? decimals = null) => value is not { } v || double.IsNaN(v)
        ? Missing
        : double.IsInfinity(v) ? (v > 0 ? "\u221E" : "\u2212\u221E") : Minus(Plain(v, format, decimals));

    public static string WithUnit(double value, ChartAxis axis) =>
        axis.Unit is { } unit && !double.IsNaN(value) ? $"{Of(value, axis.Format)} {unit}" : Of(value, axis.Format);

    /// <summary>"[low, high]"; null where either end is missing.</summary>
    public static string? Interval(double? low, double? high, NumberFormat format, int? decimals = null) =>
        low is { } l && high is { } h && !double.IsNaN(l) && !double.IsNaN(h)
        ? $"[{Bare(l, format, decimals)}, {Bare(h, format, decimals)}]"
        : null;

    /// <summary>"n 1,234".</summary>
    public static string Count(double count) => "n\u00A0" + Of(count, NumberFormat.Count);

    /// <summary>With as many decimals as an axis' step needs.</summary>
    public static string Tick(double value, double step, NumberFormat format)
    {
        if (format == NumberFormat.Percent)
        {
            return Minus(Fixed(value * 100, Decimals(step * 100))) + "\u2009%";
        }

        return Minus(Math.Abs(value) is >= 1e6 or (> 0 and < 1e-4)
            ? value.ToString("0.###e0", CultureInfo.InvariantCulture)
            : Fixed(value, Decimals(step)));
    }

    private static string Bare(double value, NumberFormat format, int? decimals) =>
        Of(value, format, decimals).Replace("\u2009%", "", StringComparison.Ordinal);

    private static string Plain(double v, NumberFormat format, int? decimals) => format switch
    {
        NumberFormat.Ratio => Fixed(v, decimals ?? 3),
        NumberFormat.Percent => Fixed(v * 100, decimals ?? 1) + "\u2009%",

        NumberFormat.Count => Fixed(v, decimals ?? 0),
        NumberFormat.TwoDecimals => Fixed(v, decimals ?? 2),
        _ => General(v),
    };

    private static string General(double v)
    {
        var magnitude = Math.Abs(v);
        if (magnitude is >= 1e7 or (> 0 and < 1e-4))
        {
            return v.ToString("0.###e0", CultureInfo.InvariantCulture);
        }

        var decimals = magnitude == 0 ? 0 : Math.Clamp(3 - (int)Math.Floor(Math.Log10(magnitude)), 0, 7);
        return v.ToString("#,0." + new string('#', decimals), CultureInfo.InvariantCulture);
    }

    private static int Decimals(double step) =>
        step > 0 && double.IsFinite(step) ? Math.Clamp((int)Math.Ceiling(-Math.Log10(step) - 1e-9), 0, 8) : 0;

    private static string Fixed(double v, int decimals)
    {
        var text = v.ToString("N" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        // A small negative number rounds to "-0.00".
        return text.StartsWith('-') && text.AsSpan(1).IndexOfAnyExcept("0.,") < 0 ? text[1..] : text;
    }

    private static string Minus(string text) => text.Replace('-', '\u2212');
}
