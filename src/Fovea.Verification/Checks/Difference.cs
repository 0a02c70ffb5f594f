namespace Fovea.Verification.Checks;

/// <summary>How far a quantity lies from its reference.</summary>
/// <param name="Largest">The largest difference relative to what is allowed where it occurs; NaN and infinities where a value is no number.</param>
/// <param name="Allowed">What is allowed there.</param>
/// <param name="Where">Which value it is; null if there is only one.</param>
internal sealed record Difference(double Largest, double Allowed, string? Where = null)
{
    /// <summary>Whether it is allowed; NaN never is.</summary>
    public bool IsAllowed => Largest <= Allowed;

    /// <summary>Of values that must be equal: how many are not.</summary>
    public static Difference Exact<T>(IReadOnlyList<T> expected, IReadOnlyList<T> actual)
    {
        var comparer = EqualityComparer<T>.Default;
        var common = Math.Min(expected.Count, actual.Count);
        var wrong = Math.Abs(expected.Count - actual.Count);
        string? first = wrong > 0 ? $"{actual.Count} values, expected {expected.Count}" : null;
        for (var i = common - 1; i >= 0; i--)
        {
            if (!comparer.Equals(expected[i], actual[i]))
            {
                wrong++;
                first = $"value {i} is {Show(actual[i])}, expected {Show(expected[i])}";
            }
        }

        return new Difference(wrong, 0, first);
    }

    public static Difference Same<T>(T expected, T actual) => Exact<T>([expected], [actual]);

    /// <summary>Of numbers, by one tolerance.</summary>
    /// <exception cref="ReferenceException">There are not as many.</exception>
    public static Difference Numbers(IReadOnlyList<double> expected, IReadOnlyList<double> actual, Tolerance tolerance)
    {
        if (expected.Count != actual.Count)
        {
            throw new ReferenceException($"{actual.Count} values, expected {expected.Count}");
        }

        return tolerance.Worst(expected.Count, i => actual[i], i => expected[i], i => $"value {i}");
    }

    public Difference Or(Difference other) => Ratio(other) > Ratio(this) ? other : this;

    private static double Ratio(Difference d) => double.IsNaN(d.Largest)
        ? double.PositiveInfinity : d.Allowed > 0 ? d.Largest / d.Allowed : d.Largest > 0 ? double.MaxValue : 0;

    private static string Show<T>(T value) => value is string text ? $"\"{Quoted.Shorten(text, 60)}\"" : $"{value}";
}
