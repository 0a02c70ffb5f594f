using System.Text.RegularExpressions;
using Fovea.Tests.Architecture;
using Fovea.Tests.Cli;
using Xunit;

namespace Fovea.Tests.Documents;

/// <summary>Phrases that readers found odd do not come back: in messages, help and documents.</summary>
public sealed partial class EnglishTests
{
    // Comments and documentation: only what was quoted word for word.
    private static readonly string[] Quoted =
    [
        "Says nothing.", "The one there is.", "It does not.", "mend the file", "not to be had", "where nobody says otherwise",
            "Refuses to go on from other work",
        "a quantifier without sense", "PRIOR's reference beside them is none", "excessloss", "the folder that it is below", "next to none", "goes before <see",
    ];

    [Fact]
    public void No_message_holds_an_odd_phrase() =>
        Assert.Empty(Sources.Literals().Where(l => l.Text.Contains(' ', StringComparison.Ordinal) && Odd().IsMatch(l.Text)).Select(l => $"{l.File}: {l.Text}"));

    [Fact]
    public void No_comment_holds_a_quoted_phrase() =>
        Assert.Empty(Sources.All.SelectMany(s => Quoted.Where(q => s.Value.Contains(q, StringComparison.Ordinal)).Select(q => $"{s.Key}: {q}")));

    [Fact]
    public void No_help_holds_an_odd_phrase() =>
        Assert.DoesNotContain(CommandTree.All.SelectMany(c => c.Value.Options.Select(o => o.Description).Append(c.Value.Description)),
            d => Odd().IsMatch(d ?? ""));

    public static TheoryData<string> Documents =>
    [
        .. new[] { "README.md", "CHANGELOG.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "bench/README.md" },
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md").Select(f => "docs/" + Path.GetFileName(f)),
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs", "studies"), "*.md").Select(f => "docs/studies/" + Path.GetFileName(f)),
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "configs"), "*.jsonc").Select(f => "configs/" + Path.GetFileName(f)),
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "configs", "studies"), "*.jsonc").Select(f => "configs/studies/" + Path.GetFileName(f)),
    ];

    [Theory]
    [MemberData(nameof(Documents))]
    public void No_document_holds_an_odd_phrase(string document) =>
        Assert.Empty(Odd().Matches(File.ReadAllText(Path.Combine(Repository.Root, document))).Select(m => m.Value));

    [GeneratedRegex(
        @"\b(go|goes|going) on\b|\bstands? (twice|in|beside|for|there|at)\b|\bmend the\b|not to be had|nobody says|\bis told\b|goes before|what is left|that are left|next to none"
        + @"|nats a \w+|tokens an? \w+|counts as one|none of its own|head of its own|it is below|goes back out|excessloss|without sense|list of an |\.; |says nothing",
        RegexOptions.IgnoreCase)]
    private static partial Regex Odd();
}
