using Fovea.Verification.Checks;

namespace Fovea.Verification.Fixtures;

/// <summary>
/// Finds what references name: files beside them, and <c>data/...</c> in the data folders. No name leads out of its folder.
/// </summary>
/// <param name="DataFolders">Where <c>data/...</c> is looked for, in order.</param>
internal sealed record InputFiles(IReadOnlyList<string> DataFolders)
{
    /// <summary>A file beside the references.</summary>
    /// <exception cref="ReferenceException">It leads out of the folder or is not there.</exception>
    public static string Beside(string folder, string name) =>
        Inside(folder, name) is { } path && (File.Exists(path) || Directory.Exists(path))
            ? path : throw new ReferenceException($"{Path.Combine(folder, name)}: not found");

    /// <summary>A file of the data folders, by its name below them; a folder that holds <c>data</c> serves too.</summary>
    /// <exception cref="ReferenceException">None holds it.</exception>
    public string InData(string name) =>
        DataFolders.SelectMany(f => new[] { Inside(f, name), Inside(f, Path.Combine("data", name)) })
            .FirstOrDefault(p => p is not null && (File.Exists(p) || Directory.Exists(p)))
        ?? throw new ReferenceException($"data/{name}: in none of the data folders ({string.Join(", ", DataFolders)}); give the folder that holds "
            + $"it with --data");

    /// <summary>A file as text and tokenizer references name it: <c>data/...</c>, or a path below one of the folders given.</summary>
    public string Find(string name, params IEnumerable<string> folders)
    {
        if (name.StartsWith("data/", StringComparison.Ordinal))
        {
            return InData(name["data/".Length..]);
        }

        // Tokenizers of ours lie beside the references, or beside the data where only references were copied.
        var near = folders.Concat(
            DataFolders.SelectMany(f => new[] { f, Path.Combine(f, ".."), Path.Combine(f, "fixtures"), Path.Combine(f, "..", "fixtures") })).ToList();
        return near.Select(f => Inside(f, name)).FirstOrDefault(p => p is not null && (File.Exists(p) || Directory.Exists(p)))
            ?? throw new ReferenceException($"{name}: not found below {string.Join(", ", near)}");
    }

    private static string? Inside(string folder, string name)
    {
        var root = Path.GetFullPath(folder);
        var path = Path.GetFullPath(Path.Combine(root, name));
        return path.StartsWith(root.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? path
            : throw new ReferenceException($"\"{name}\" leads out of {folder}");
    }
}
