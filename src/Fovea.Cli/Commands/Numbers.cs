using System.CommandLine;
using System.CommandLine.Parsing;
using System.Numerics;
using Fovea.Core.Configuration;
using Fovea.Core.Errors;

namespace Fovea.Cli.Commands;

/// <summary>What a number on the command line may be; what is absent does not limit.</summary>
internal sealed record Bounds<N>(N? AtLeast = null, N? Above = null, N? AtMost = null)
    where N : struct, INumber<N>
{
    /// <summary>Whether <paramref name="number"/> is within them.</summary>
    public bool Contain(N number) => !(number < AtLeast) && !(number <= Above) && !(number > AtMost);

    /// <summary>In words, e.g. <c>more than 0 and at most 100</c>.</summary>
    public override string ToString()
    {
        string?[] words = [AtLeast is { } least ? FormattableString.Invariant($"at least {least}") : null, Above is { } above ? FormattableString.Invariant($"more than {above}") : null, AtMost is { } most ? FormattableString.Invariant($"at most {most}") : null];
        return string.Join(" and ", words.Where(w => w is not null));
    }
}

/// <summary>
/// An option whose value is a number. Every numeric option of the command line is one of these: the same text means the same number whatever the locale,
/// and what is no plain number is an error.
/// </summary>
/// <typeparam name="T">A number's type, or its nullable.</typeparam>
internal sealed class NumberOption<T>(string name) : Option<T>(name);

/// <summary>Makes numeric options, and reads their text.</summary>
internal static class Numbers
{
    /// <summary>An option with a default.</summary>
    public static NumberOption<N> Option<N>(string name, string description, string helpName, N unlessGiven, Bounds<N>? bounds = null)
        where N : struct, INumber<N>
    {
        var option = Required(name, description, helpName, bounds);
        option.Required = false;
        option.DefaultValueFactory = _ => unlessGiven;
        return option;
    }

    /// <summary>An option that may be absent.</summary>
    public static NumberOption<N?> Optional<N>(string name, string description, string helpName, Bounds<N>? bounds = null)
        where N : struct, INumber<N> => new(name) { Description = description, HelpName = helpName, CustomParser = result => Read(result, name, bounds) };

    /// <summary>An option that must be given.</summary>
    public static NumberOption<N> Required<N>(string name, string description, string helpName, Bounds<N>? bounds = null)
        where N : struct, INumber<N> => new(name) { Description = description, HelpName = helpName, Required = true, CustomParser = result => Read(result, name, bounds) ?? default };

    private static N? Read<N>(ArgumentResult result, string name, Bounds<N>? bounds)
        where N : struct, INumber<N>
    {
        var text = result.Tokens is [{ Value: var value }] ? value : "";
        var number = PlainNumber.Parse<N>(text);
        if (number is { } n && (bounds is null || bounds.Contain(n)))
        {
            return n;
        }

        var kind = PlainNumber.IsWhole(typeof(N)) ? "a whole number" : "a number";
        var range = bounds is null ? "" : $", {bounds}";
        var advice = text.Contains(',', StringComparison.Ordinal) ? " (decimals have a point, and there are no thousands separators)" : "";
        result.AddError($"{name}: expected {kind}{range}, got '{Quoted.Shorten(text)}'{advice}.");
        return null;
    }
}
