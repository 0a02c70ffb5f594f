using Fovea.Core.Errors;

namespace Fovea.Data.Corpora;

/// <summary>The folder that a corpus's image names are resolved in. No name leaves it: not by <c>..</c>, not as an absolute path, not through a symbolic link.</summary>
internal sealed class ImageFolder
{
    private const int MostLinks = 40;
    private readonly string _root;
    private readonly string _realRoot;

    public ImageFolder(string root)
    {
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        _realRoot = Follow(_root);
    }

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
    /// <exception cref="InvalidInputException">The name leaves the folder or nothing is there.</exception>
    public string Find(string name, string file, int record)
    {
        if (Refuse(name) is { } refusal)
        {
            throw new InvalidInputException(file, record, refusal);
        }

        var path = Path.GetFullPath(Path.Combine(_root, name));
        if (!File.Exists(path))
        {
            throw new InvalidInputException(file, record, $"image \"{name}\" not found in {_root}; put it there or give the folder that contains it");
        }

        return IsBelow(Follow(path), _realRoot)
            ? path
            : throw new InvalidInputException(file, record, $"image \"{name}\" leaves the image folder through a symbolic link; put the file there or choose another folder");
    }

    private static bool IsBelow(string path, string root) => path.StartsWith(root.EndsWith(Path.DirectorySeparatorChar) ? root : root + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>A path with all its symbolic links followed.</summary>
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
