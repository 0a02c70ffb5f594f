using Fovea.Reporting.Documents;

namespace Fovea.Reporting.Charts;

/// <summary>Value -> side of the scale and strength of its colour, linear in the value and cut at the limit.</summary>
internal sealed class HeatColours(HeatScale scale, double limit)
{
    /// <summary>Opacity at the limit; above it, text would lose contrast with its ground.</summary>
    public const double Strongest = 0.75;

    public double Limit => limit;

    /// <summary>The row's scale, with its own largest magnitude where no limit is given.</summary>
    public static HeatColours For(TokenRow row)
    {
        var largest = row.Tokens.Select(t => Math.Abs(t.Value)).Where(double.IsFinite).DefaultIfEmpty(0).Max();
        var limit = row.Limit is { } given && given > 0 && double.IsFinite(given) ? given : largest;
        return new HeatColours(row.Scale, limit > 0 ? limit : 1);
    }

    /// <summary>Style class ("positive", "negative", "sequential"; empty for no colour) and opacity in [0, <see cref="Strongest"/>].</summary>
    public (string Side, double Strength) Of(double value)
    {
        if (double.IsNaN(value) || value == 0 || (scale == HeatScale.Sequential && value < 0))
        {
            return ("", 0);
        }

        var strength = Math.Min(1, Math.Abs(value) / limit) * Strongest;
        return (scale == HeatScale.Sequential ? "sequential" : value > 0 ? "positive" : "negative", strength);
    }
}
