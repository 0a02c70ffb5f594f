using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace Fovea.Cli.Commands;

/// <summary>What is wrong with a command line, in words: an unknown command or option is named, with the nearest that exists.</summary>
internal static partial class WrongUse
{
    /// <summary>The first thing that is wrong, as a sentence; null where nothing is.</summary>
    public static string? Of(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (parsed.Errors.Count == 0)
        {
            return OptionAmongArguments(parsed, command);
        }

        if (parsed.UnmatchedTokens is [var token, ..] && !IsOptionBelow(token, command))
        {
            return token.StartsWith('-') ? UnknownOption(token, parsed.CommandResult)
                : command.Subcommands.Count > 0 ? UnknownCommand(token, command)
                : $"unexpected argument '{Quoted.Shorten(token)}'.";
        }

        return command.Action is null && command.Subcommands.Count > 0
            ? $"expected a command after '{FoveaCommand.PathOf(parsed.CommandResult)}': {Known(command)}."
            : InPlainWords(parsed.Errors[0].Message.ReplaceLineEndings(" "));
    }

    // "fovea score --model x": the option is known, but which command was meant is not.
    private static bool IsOptionBelow(string token, Command command) =>
        command.Action is null && command.Subcommands.Any(c => c.Options.Any(o => o.Name == token) || IsOptionBelow(token, c));

    private static string UnknownCommand(string token, Command command) =>
        $"unknown command '{Quoted.Shorten(token)}'{NearestName.Hint(token, Names(command))}; known here: {Known(command)}.";

    private static string UnknownOption(string token, CommandResult at)
    {
        var name = token.Split('=', ':')[0];
        var known = at.Command.Options.Concat(Above(at)).Where(o => !o.Hidden).SelectMany(o => o.Aliases.Prepend(o.Name))
            .Where(n => n.StartsWith("--", StringComparison.Ordinal));
        return $"unknown option '{Quoted.Shorten(name)}'{NearestName.Hint(name, known)}.";
    }

    // The parser takes an unknown option for an argument wherever one may be.
    private static string? OptionAmongArguments(ParseResult parsed, Command command)
    {
        if (parsed.Tokens.Any(t => t.Type == TokenType.DoubleDash))
        {
            return null;
        }

        var option = command.Arguments.Select(parsed.GetResult).SelectMany(r => r?.Tokens ?? [])
            .FirstOrDefault(t => t.Value.StartsWith("--", StringComparison.Ordinal));
        return option is null ? null : UnknownOption(option.Value, parsed.CommandResult);
    }

    private static IEnumerable<Option> Above(CommandResult result)
    {
        for (var at = result.Parent; at is CommandResult above; at = at.Parent)
        {
            foreach (var option in above.Command.Options.Where(o => o.Recursive))
            {
                yield return option;
            }
        }
    }

    private static IEnumerable<string> Names(Command command) => command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name);

    private static string Known(Command command) => string.Join(", ", Names(command));

    /// <summary>The parser names .NET's types and leaves the value's option to the end; users know numbers and names.</summary>
    private static string InPlainWords(string message) =>
        CannotParse().Match(message) is { Success: true } m ? $"{m.Groups["option"].Value}: cannot read '{Quoted.Shorten(m.Groups["value"].Value)}'."
        : NotAmong().Match(message) is { Success: true } n
            ? $"expected one of {string.Join(", ", n.Groups["known"].Captures.Select(c => c.Value))}, got '{Quoted.Shorten(n.Groups["value"].Value)}'."
        : Quoted.Message(message);

    [GeneratedRegex("^Cannot parse argument '(?<value>.*)' for (?:option|command) '(?<option>[^']*)' as expected type '[^']*'.*$")]
    private static partial Regex CannotParse();

    [GeneratedRegex("^Argument '(?<value>.*)' not recognized. Must be one of:(?:\\s+'(?<known>[^']*)')+\\s*$")]
    private static partial Regex NotAmong();
}
