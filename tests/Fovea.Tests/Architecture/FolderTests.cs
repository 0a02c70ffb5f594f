using System.Text.RegularExpressions;
using Xunit;

namespace Fovea.Tests.Architecture;

/// <summary>
/// Within a project, folders use each other in one direction: what is below knows nothing of what is above. Read from <c>using</c> lines and qualified names.
/// </summary>
public sealed partial class FolderTests
{
    // To be mended: from the folder below to the one above.
    private static readonly Dictionary<string, (string From, string To)[]> NotYetMended = new()
    {
        ["Fovea.Reporting"] = [("Html", "Charts")],
    };

    public static TheoryData<string> Projects =>
        [.. Directory.EnumerateDirectories(Path.Combine(Repository.Root, "src"), "Fovea.*").Select(f => Path.GetFileName(f)!)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_of_a_project_form_no_cycle(string project)
    {
        var uses = Uses(project);
        foreach (var edge in NotYetMended.GetValueOrDefault(project) ?? [])
        {
            Assert.True(uses.Remove(edge), $"{project}: {edge.From} uses {edge.To} no more; take it off the list");
        }

        // Folders that use none of those left are taken away, until none is left; what stays is a cycle.
        while (uses.RemoveWhere(e => !uses.Any(next => next.From == e.To)) > 0)
        {
        }

        Assert.Empty(uses.Select(e => $"{e.From} uses {e.To}"));
    }

    private static HashSet<(string From, string To)> Uses(string project)
    {
        var root = Path.Combine(Repository.Root, "src", project);
        var uses = new HashSet<(string From, string To)>();
        foreach (var file in Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories))
        {
            var from = Path.GetRelativePath(root, file).Split(Path.DirectorySeparatorChar)[0];
            foreach (var to in Names().Matches(File.ReadAllText(file)).Where(m => m.Groups["project"].Value == project).Select(m => m.Groups["folder"].Value))
            {
                if (to != from && !from.EndsWith(".cs", StringComparison.Ordinal) && Directory.Exists(Path.Combine(root, to)))
                {
                    uses.Add((from, to));
                }
            }
        }

        return uses;
    }

    [GeneratedRegex(@"(?<!namespace )\b(?<project>Fovea\.[A-Z][A-Za-z]*)\.(?<folder>[A-Z][A-Za-z]*)\b")]
    private static partial Regex Names();
}
