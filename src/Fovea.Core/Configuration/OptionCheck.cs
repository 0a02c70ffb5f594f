using Fovea.Core.Errors;

namespace Fovea.Core.Configuration;

/// <summary>
/// The one form in which options are checked: each record of options has a <c>Validate</c> beside its properties that calls this for each of them, so
/// that the first value out of range is the error, by its key.
/// </summary>
public static class OptionCheck
{
    /// <summary>Refuses a value that does not hold.</summary>
    /// <param name="holds">Whether it is in range.</param>
    /// <param name="key">Its key with its section, e.g. <c>training.steps</c>.</param>
    /// <param name="expected">The range, in words.</param>
    /// <param name="got">The value.</param>
    /// <exception cref="FoveaException">It does not hold.</exception>
    public static void Require(bool holds, string key, string expected, object? got)
    {
        if (!holds)
        {
            throw new FoveaException(string.Create(CultureInfo.InvariantCulture, $"{key}: expected {expected}, got {got}"));
        }
    }

    /// <summary>Refuses a whole number outside a range.</summary>
    /// <param name="value">The number; null where none was given, which holds.</param>
    /// <param name="key">Its key with its section.</param>
    /// <param name="low">The least.</param>
    /// <param name="high">The most.</param>
    /// <exception cref="FoveaException">It is outside.</exception>
    public static void Range(long? value, string key, long low, long high) =>
        Require(value is null || (value >= low && value <= high), key, FormattableString.Invariant($"{low} to {high}"), value);
}
