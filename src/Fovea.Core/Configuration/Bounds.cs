using System.Numerics;

namespace Fovea.Core.Configuration;

/// <summary>What a number may be; what is absent does not limit.</summary>
/// <typeparam name="TNumber">A number's type.</typeparam>
/// <param name="AtLeast">The least.</param>
/// <param name="Above">What it must exceed.</param>
/// <param name="AtMost">The most.</param>
public sealed record Bounds<TNumber>(TNumber? AtLeast = null, TNumber? Above = null, TNumber? AtMost = null)
    where TNumber : struct, INumber<TNumber>
{
    /// <summary>Whether <paramref name="number"/> is within them.</summary>
    public bool Contain(TNumber number) => !(number < AtLeast) && !(number <= Above) && !(number > AtMost);

    /// <summary>In words, e.g. <c>more than 0 and at most 100</c>.</summary>
    public override string ToString()
    {
        string?[] words = [AtLeast is { } least ? FormattableString.Invariant($"at least {least}") : null, Above is { } above
            ? FormattableString.Invariant($"more than {above}") : null, AtMost is { } most ? FormattableString.Invariant($"at most {most}") : null];
        return string.Join(" and ", words.Where(w => w is not null));
    }
}
