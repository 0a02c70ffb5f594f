using System.Text.RegularExpressions;
using Fovea.Tests.Cli;
using Xunit;

namespace Fovea.Tests.Documents;

/// <summary>What messages advise can be done.</summary>
public sealed partial class AdviceTests
{
    private static readonly HashSet<string> AllOptions =
        [.. CommandTree.All.Values.SelectMany(c => c.Options).SelectMany(o => o.Aliases.Prepend(o.Name)), "--help", "--version",
            "--local-dir" /* hf download's */];

    // The report's stylesheet has custom properties, which are written like options.
    private static IEnumerable<(string File, string Text)> Literals() =>
        Sources.Literals().Where(l => !l.File.Contains("Fovea.Reporting", StringComparison.Ordinal));

    [Fact]
    public void Every_option_that_a_message_names_exists()
    {
        var strays = Literals().SelectMany(l => Option().Matches(l.Text).Select(m => (l.File, Option: m.Value)))
            .Where(x => !AllOptions.Contains(x.Option)).Distinct();
        Assert.Empty(strays);
    }

    [Fact]
    public void Every_command_that_a_message_names_exists_and_has_the_options_named_with_it()
    {
        foreach (var (file, text) in Literals())
        {
            foreach (Match match in CommandLine().Matches(text))
            {
                var words = match.Groups["words"].Value.Trim().Split(' ');
                var length = Enumerable.Range(1, words.Length).LastOrDefault(n => CommandTree.All.ContainsKey("fovea " + string.Join(' ', words[..n])));
                Assert.True(length > 0, $"{file}: {match.Value}");
                var options = CommandTree.All["fovea " + string.Join(' ', words[..length])].Options.SelectMany(o => o.Aliases.Prepend(o.Name))
                    .Append("--help").ToHashSet();
                Assert.All(Option().Matches(match.Value).Select(m => m.Value), o => Assert.True(options.Contains(o), $"{file}: {match.Value}"));
            }
        }
    }

    [GeneratedRegex("(?<![-\\w])--[a-z][a-z0-9-]*")]
    private static partial Regex Option();

    [GeneratedRegex("'fovea (?<words>[a-z]+(?: [a-z]+)*)(?: [^']*)?'")]
    private static partial Regex CommandLine();
}
