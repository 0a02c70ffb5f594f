using System.Text.RegularExpressions;
using Fovea.Core.Extending;
using Fovea.Pipeline;
using Fovea.Tests.Architecture;
using Xunit;

namespace Fovea.Tests.Extending;

/// <summary>docs/extending.md shows sources that are compiled and run, and lists what the catalogues list.</summary>
public sealed partial class ExtendingPageTests
{
    private static readonly Dictionary<string, IEnumerable<ICatalogued>> Lists = new()
    {
        ["selectors"] = Catalogues.BuiltIn.Selectors,
        ["formats"] = Catalogues.BuiltIn.Formats,
        ["proxies"] = Catalogues.BuiltIn.Proxies,
        ["templates"] = Catalogues.BuiltIn.Templates,
        ["families"] = Catalogues.BuiltIn.Families,
        ["decoding"] = Catalogues.BuiltIn.Decoding,
        ["benchmarks"] = Catalogues.BuiltIn.Benchmarks,
    };

    [Fact]
    public void The_page_shows_the_code_that_is_tested_and_the_catalogues_as_they_are()
    {
        var path = Path.Combine(Repository.Root, "docs", "extending.md");
        var found = File.ReadAllText(path);
        var page = List().Replace(Code().Replace(found, m => $"{m.Groups[1].Value}```csharp\n{Source(m.Groups[2].Value)}```\n"),
            m => m.Groups[1].Value + Entries(m.Groups[2].Value));
        if (Environment.GetEnvironmentVariable("FOVEA_UPDATE") == "1")
        {
            File.WriteAllText(path, page);
            found = page;
        }

        Assert.True(found == page, "docs/extending.md differs from tests/Fovea.Extensions or from a catalogue: run this test with FOVEA_UPDATE=1");
        var shown = Code().Matches(found).Select(m => m.Groups[2].Value);
        Assert.Equal(Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests", "Fovea.Extensions"), "*.cs").Select(f => Path.GetFileName(f))
            .Order(), shown.Order());
        Assert.Equal(Lists.Keys.Order(), List().Matches(found).Select(m => m.Groups[2].Value).Order());
    }

    private static string Source(string file) => File.ReadAllText(Path.Combine(Repository.Root, "tests", "Fovea.Extensions", file)).ReplaceLineEndings("\n");

    private static string Entries(string list) =>
        string.Concat(Lists[list].Select(e => $"| `{e.Name}` | {e.Help} |\n").Prepend("| name | what it is |\n|---|---|\n"));

    [GeneratedRegex(@"(<!-- code: (\w+\.cs) -->\n)```csharp\n.*?```\n", RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex(@"(<!-- list: (\w+) -->\n)(?:\|[^\n]*\n)*")]
    private static partial Regex List();
}
