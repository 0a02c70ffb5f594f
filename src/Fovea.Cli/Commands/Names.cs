using System.CommandLine;

namespace Fovea.Cli.Commands;

/// <summary>Options whose value is one of a few names.</summary>
internal static class Names
{
    /// <summary>An option over an enum's members in snake_case, as configurations write them; numbers are not names. Absent, it is the first member.</summary>
    public static Option<E> Option<E>(string name, string description, string helpName)
        where E : struct, Enum
    {
        var members = Enum.GetValues<E>().ToDictionary(m => JsonNamingPolicy.SnakeCaseLower.ConvertName(m.ToString()), StringComparer.OrdinalIgnoreCase);
        return Option(name, description, helpName, members, members.First(m => m.Value.Equals(default(E))).Key);
    }

    /// <summary>An option over the names of a catalogue. Absent, it is the first.</summary>
    /// <param name="name">Of the option.</param>
    /// <param name="description">What it decides.</param>
    /// <param name="helpName">Stands for its value.</param>
    /// <param name="names">The names.</param>
    /// <param name="otherwise">Ends the error of a name that is none of them.</param>
    public static Option<string> Option(string name, string description, string helpName, IReadOnlyList<string> names, string otherwise = "")
    {
        var option = Option(name, description, helpName, names.ToDictionary(n => n, StringComparer.OrdinalIgnoreCase), names[0], otherwise);
        option.DefaultValueFactory = _ => names[0];
        return option;
    }

    private static Option<T> Option<T>(string name, string description, string helpName, Dictionary<string, T> members, string first, string otherwise = "")
    {
        var option = new Option<T>(name)
        {
            Description = $"{description} One of {string.Join(", ", members.Keys)} (default: {first}).",
            HelpName = helpName,
            CustomParser = result =>
            {
                var text = result.Tokens is [{ Value: var value }] ? value : "";
                if (members.TryGetValue(text, out var member))
                {
                    return member;
                }

                result.AddError(
                    $"{name}: expected one of {string.Join(", ", members.Keys)}, got '{Quoted.Shorten(text)}'{NearestName.Hint(text, members.Keys)}{otherwise}.");
                return default;
            },
        };
        option.CompletionSources.Clear();
        option.CompletionSources.Add(_ => members.Keys.Select(m => new System.CommandLine.Completions.CompletionItem(m)));
        return option;
    }
}
