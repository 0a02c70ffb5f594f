using System.Text.RegularExpressions;
using Fovea.Tests.Architecture;

namespace Fovea.Tests.Documents;

/// <summary>The source files of the program, by path below the repository.</summary>
internal static partial class Sources
{
    public static IReadOnlyDictionary<string, string> All { get; } = Directory
        .EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
        .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
        .ToDictionary(f => Path.GetRelativePath(Repository.Root, f), File.ReadAllText);

    /// <summary>Every string literal of one line.</summary>
    public static IEnumerable<(string File, string Text)> Literals() =>
        All.SelectMany(s => s.Value.Split('\n').Where(l => !l.TrimStart().StartsWith("//", StringComparison.Ordinal)).SelectMany(l => Literal().Matches(l))
            .Select(m => (s.Key, m.Value)));

    [GeneratedRegex("\"(?:\\\\.|[^\"\\\\\n])*\"")]
    private static partial Regex Literal();
}
