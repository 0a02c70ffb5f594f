using System.Numerics;
using Fovea.Core.Errors;

namespace Fovea.Core.Configuration;

/// <summary>Reads the text of a number, as configurations and the command line write it: the same under every culture.</summary>
public static class PlainNumber
{
    /// <summary>
    /// The number that <paramref name="text"/> is; null for anything else: another culture's separators, blanks, infinities, what overflows or is rounded to 0,
    /// and, for integers, a fraction or an exponent.
    /// </summary>
    public static TNumber? Parse<TNumber>(string text)
        where TNumber : struct, INumber<TNumber>
    {
        const NumberStyles Real = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        var style = IsWhole(typeof(TNumber)) ? NumberStyles.AllowLeadingSign : Real;
        return TNumber.TryParse(text, style, CultureInfo.InvariantCulture, out var number) && TNumber.IsFinite(number)
            && !(TNumber.IsZero(number) && HasDigitAboveZero(text)) ? number : null;
    }

    /// <summary>
    /// The number that <paramref name="text"/> is, within bounds; null for anything else, with what was expected and found in <paramref name="fault"/>.
    /// </summary>
    public static TNumber? Read<TNumber>(string text, Bounds<TNumber>? bounds, out string fault)
        where TNumber : struct, INumber<TNumber>
    {
        fault = "";
        if (Parse<TNumber>(text) is { } number && (bounds is null || bounds.Contain(number)))
        {
            return number;
        }

        var kind = IsWhole(typeof(TNumber)) ? "a whole number" : "a number";
        var range = bounds is null ? "" : $", {bounds}";
        var advice = text.Contains(',', StringComparison.Ordinal) ? " (decimals have a point, and there are no thousands separators)" : "";
        fault = $"expected {kind}{range}, got '{Quoted.Shorten(text)}'{advice}";
        return null;
    }

    /// <summary>Whether a type of numbers has no fractions.</summary>
    public static bool IsWhole(Type type) => type != typeof(double) && type != typeof(decimal) && type != typeof(float);

    // Of the digits, not of the exponent: 0e5 is 0, and 1e-400 is not.
    private static bool HasDigitAboveZero(string text) => text.TakeWhile(c => c is not ('e' or 'E')).Any(c => c is >= '1' and <= '9');
}
