using Fovea.Data.Corpora;

namespace Fovea.Pipeline.Stages;

/// <summary>
/// <c>--rename OLD=NEW</c>: scores and weights identify a sample by its file's name and its record, and the file has another name now
/// (docs/decisions/0023-names-of-corpora.md).
/// </summary>
public static class Renamed
{
    /// <summary>Old names to new ones.</summary>
    /// <exception cref="UsageException">One is not of the form OLD=NEW, or a name is given twice.</exception>
    public static IReadOnlyDictionary<string, string>? Parse(IReadOnlyList<string> renames)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in renames)
        {
            var (old, name) = Split(text, text.IndexOf('=', StringComparison.Ordinal));
            if (!names.TryAdd(old, name))
            {
                throw new UsageException($"--rename {text}: {old} is renamed twice");
            }
        }

        return names.Count == 0 ? null : names;
    }

    /// <summary>Data whose files have new names, known by their old ones.</summary>
    /// <param name="data">The files.</param>
    /// <param name="renames">Each <c>OLD=NEW</c>; NEW is the name of one of the files, or its path as it was given.</param>
    /// <param name="others">Files that may be meant too, and are not changed here.</param>
    /// <exception cref="UsageException">NEW is none of the files, or is given twice.</exception>
    public static IReadOnlyList<DataSource> Apply(IReadOnlyList<DataSource> data, IReadOnlyList<string> renames, IReadOnlyList<DataSource>? others = null)
    {
        var given = new HashSet<string>(StringComparer.Ordinal);
        foreach (var text in renames)
        {
            var cuts = Enumerable.Range(0, text.Length).Where(i => text[i] == '=').ToArray();
            var cut = Array.Find(cuts, i => data.Concat(others ?? []).Any(d => Is(d, text[(i + 1)..])));
            var (old, name) = Split(text, cut > 0 ? cut : cuts.FirstOrDefault(-1));
            if (cut == 0)
            {
                throw new UsageException(
                    $"--rename {text}: no corpus file is called {name}; given are {string.Join(", ", data.Concat(others ?? []).Select(d => d.File))}");
            }

            if (data.Any(d => Is(d, name) && !given.Add(d.File)))
            {
                throw new UsageException($"--rename {text}: {name} has a former name already; give one for each file");
            }

            data = [.. data.Select(d => Is(d, name) ? d with { Name = old } : d)];
        }

        return data;
    }

    private static bool Is(DataSource data, string name) => data.File == name || Path.GetFileName(data.File) == name;

    private static (string Old, string New) Split(string text, int at) => at > 0 && at < text.Length - 1
        ? (text[..at], text[(at + 1)..])
        : throw new UsageException($"--rename {text}: expected OLD=NEW, the name of the corpus file when it was scored and its name now");
}
