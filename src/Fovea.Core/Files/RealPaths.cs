using System.Collections.Concurrent;

namespace Fovea.Core.Files;

/// <summary>
/// Follows symbolic links as the system does: part by part, so that <c>..</c> in a link's target leaves the folder that the part before it leads to,
/// and not the one it is written in. Folders are remembered. Nothing need exist. Thread-safe.
/// </summary>
public sealed class RealPaths
{
    private const int MostLinks = 40;
    private readonly ConcurrentDictionary<string, string?> _folders = new(StringComparer.Ordinal);

    /// <summary>
    /// The canonical path of a file, absolute and without links; null where links lead in a circle or there are more than the system follows. One look at
    /// the disk where its folder is known.
    /// </summary>
    public string? OfFile(string path)
    {
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return Path.GetDirectoryName(path) is not { } parent ? path : OfFolder(parent) is { } folder ? Walk(folder, Path.GetFileName(path)) : null;
    }

    /// <summary>The canonical path of a folder, which is remembered; null as for a file.</summary>
    public string? OfFolder(string path)
    {
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return _folders.GetOrAdd(path, p => Walk(Path.GetPathRoot(p)!, p));
    }

    // Links are counted over the whole walk, so that neither a loop nor a tangle of them takes long.
    private static string? Walk(string from, string rest)
    {
        var (at, links) = (from, 0);
        var parts = new Stack<string>();
        Push(rest);
        while (parts.TryPop(out var part))
        {
            if (part == "..")
            {
                at = Path.GetDirectoryName(at) ?? at;
                continue;
            }

            var next = Path.Combine(at, part);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                at = next;
            }
            else if (++links > MostLinks)
            {
                return null;
            }
            else
            {
                at = Path.IsPathRooted(target) ? Path.GetPathRoot(target)! : at;
                Push(target);
            }
        }

        return at;

        void Push(string path)
        {
            foreach (var part in path.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse())
            {
                if (part != ".")
                {
                    parts.Push(part);
                }
            }
        }
    }
}
