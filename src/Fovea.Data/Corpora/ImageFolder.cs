using System.Collections.Concurrent;
using Fovea.Core.Errors;
using Fovea.Core.Files;

namespace Fovea.Data.Corpora;

/// <summary>
/// The folder that a corpus's image names are resolved in. It is never listed: only what a record names is looked at. No name leaves it by <c>..</c> or as an absolute path;
/// through a symbolic link only where links are allowed to lead out. Thread-safe.
/// </summary>
/// <param name="root">The folder.</param>
/// <param name="followLinks">Whether a symbolic link may lead out of it.</param>
internal sealed class ImageFolder(string root, bool followLinks = false)
{
    private const int MostLinks = 40;
    private readonly string _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
    private readonly ConcurrentDictionary<string, string> _realFolders = new(StringComparer.Ordinal);

    /// <summary>Its full path, as given.</summary>
    public string Root => _root;

    /// <summary>What is wrong with a name whatever lies on the disk; null if nothing is.</summary>
    public string? Refuse(string name)
    {
        if (name.Length == 0 || name.Contains('\0', StringComparison.Ordinal))
        {
            return "expected the name of an image file, got an empty text or one with a zero character";
        }

        return Path.IsPathRooted(name) || !IsBelow(Path.GetFullPath(Path.Combine(_root, name)), _root)
            ? $"image \"{name}\" leaves the image folder; expected a path below it"
            : null;
    }

    /// <summary>The full path of an existing image.</summary>
    /// <exception cref="InvalidInputException">The name leaves the folder, nothing is there, or no regular file.</exception>
    public string Find(string name, string file, int record)
    {
        if (Refuse(name) is { } refusal)
        {
            throw new InvalidInputException(file, record, refusal);
        }

        var path = Path.GetFullPath(Path.Combine(_root, name));
        if (FileStatus.Of(path) is not { } status)
        {
            throw new InvalidInputException(file, record, $"image \"{name}\" not found in {_root}; put it there or give the folder that contains it");
        }

        if (!status.IsRegular || status.Length > RegularFile.MaxImage)
        {
            throw new InvalidInputException(file, record, status.IsRegular
                ? $"image \"{name}\": expected at most {RegularFile.MaxImage} bytes, got a file of {status.Length}"
                : $"image \"{name}\": expected a regular file, got {status.Kind}");
        }

        var real = followLinks ? path : Real(path);
        return followLinks || IsBelow(real, RealFolder(_root))
            ? path
            : throw new InvalidInputException(file, record,
                $"image \"{name}\" leaves the image folder through a symbolic link (to {real}); allow links with --follow-links, \"follow_links\": true in a configuration, or put the file there");
    }

    private static bool IsBelow(string path, string root) => path.StartsWith(root.EndsWith(Path.DirectorySeparatorChar) ? root : root + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>A file's path with all its symbolic links followed; folders are followed once.</summary>
    private string Real(string path)
    {
        for (var links = 0; links < MostLinks; links++)
        {
            var folder = RealFolder(Path.GetDirectoryName(path)!);
            path = Path.Combine(folder, Path.GetFileName(path));
            if (new FileInfo(path).LinkTarget is not { } target)
            {
                return path;
            }

            path = Path.GetFullPath(Path.Combine(folder, target));
        }

        return "";
    }

    private string RealFolder(string folder) => _realFolders.GetOrAdd(folder, Follow);

    private static string Follow(string path)
    {
        for (var links = 0; links < MostLinks; links++)
        {
            if (FirstLink(path) is not { } replaced)
            {
                return path;
            }

            path = Path.GetFullPath(replaced);
        }

        return "";
    }

    private static string? FirstLink(string path)
    {
        var at = Path.GetPathRoot(path)!;
        var parts = path[at.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < parts.Length; i++)
        {
            var next = Path.Combine(at, parts[i]);
            if (new FileInfo(next).LinkTarget is { } target)
            {
                return Path.Combine([at, target, .. parts[(i + 1)..]]);
            }

            at = next;
        }

        return null;
    }
}
