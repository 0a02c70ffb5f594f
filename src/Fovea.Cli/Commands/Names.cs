using System.CommandLine;
using System.Text.Json;
using Fovea.Core.Errors;

namespace Fovea.Cli.Commands;

/// <summary>Options whose value is one of a few names.</summary>
internal static class Names
{
    /// <summary>An option over an enum's members in snake_case, as configurations write them; numbers are not names. Absent, it is the first member.</summary>
    public static Option<E> Option<E>(string name, string description, string helpName)
        where E : struct, Enum
    {
        var members = Enum.GetValues<E>().ToDictionary(m => JsonNamingPolicy.SnakeCaseLower.ConvertName(m.ToString()), StringComparer.OrdinalIgnoreCase);
        var option = new Option<E>(name)
        {
            Description = $"{description} One of {string.Join(", ", members.Keys)} (default: {members.First(m => m.Value.Equals(default(E))).Key}).",
            HelpName = helpName,
            CustomParser = result =>
            {
                var text = result.Tokens is [{ Value: var value }] ? value : "";
                if (members.TryGetValue(text, out var member))
                {
                    return member;
                }

                result.AddError($"{name}: expected one of {string.Join(", ", members.Keys)}, got '{Quoted.Shorten(text)}'{NearestName.Hint(text, members.Keys)}.");
                return default;
            },
        };
        option.CompletionSources.Clear();
        option.CompletionSources.Add(_ => members.Keys.Select(m => new System.CommandLine.Completions.CompletionItem(m)));
        return option;
    }
}
