using System.CommandLine;
using System.CommandLine.Parsing;
using System.Numerics;
using Fovea.Core.Configuration;

namespace Fovea.Cli.Commands;

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
    public static NumberOption<N> Option<N>(string name, string description, string helpName, N defaultValue, Bounds<N>? bounds = null)
        where N : struct, INumber<N>
    {
        var option = Required(name, description, helpName, bounds);
        option.Required = false;
        option.DefaultValueFactory = _ => defaultValue;
        return option;
    }

    /// <summary>An option that may be absent.</summary>
    public static NumberOption<N?> Optional<N>(string name, string description, string helpName, Bounds<N>? bounds = null)
        where N : struct, INumber<N> => new(name) { Description = description, HelpName = helpName, CustomParser = result => Read(result, name, bounds) };

    /// <summary>An option that must be given.</summary>
    public static NumberOption<N> Required<N>(string name, string description, string helpName, Bounds<N>? bounds = null)
        where N : struct, INumber<N> =>
            new(name) { Description = description, HelpName = helpName, Required = true, CustomParser = result => Read(result, name, bounds) ?? default };

    private static N? Read<N>(ArgumentResult result, string name, Bounds<N>? bounds)
        where N : struct, INumber<N>
    {
        var text = result.Tokens is [{ Value: var value }] ? value : "";
        if (PlainNumber.Read(text, bounds, out var fault) is { } number)
        {
            return number;
        }

        result.AddError($"{name}: {fault}.");
        return null;
    }
}
