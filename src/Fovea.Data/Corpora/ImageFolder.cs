using Fovea.Data.Images;

namespace Fovea.Data.Corpora;

/// <summary>
/// The folder that a corpus's image names are resolved in. It is never listed: only what a record names is looked at. No name leaves it by
/// <c>..</c> or as an absolute path; through a symbolic link only where links are allowed to lead out. Thread-safe.
/// </summary>
/// <param name="root">The folder.</param>
/// <param name="followLinks">Whether a symbolic link may lead out of it.</param>
internal sealed class ImageFolder(string root, bool followLinks = false)
{
    private readonly string _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
    private readonly RealPaths _paths = new();

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
            ? UnusableImage.Reason(name, "leaves the image folder; expected a path below it")
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
            throw Refused($"not found in {_root}; put it there or give the folder that contains it");
        }

        if (!status.IsRegular || status.Length > RegularFile.MaxImage)
        {
            throw Refused(status.IsRegular ? $"expected at most {RegularFile.MaxImage} bytes, got a file of {status.Length}"
                : $"expected a regular file, got {status.Kind}");
        }

        if (followLinks)
        {
            return path;
        }

        var real = _paths.OfFile(path);
        return real is not null && _paths.OfFolder(_root) is { } folder && IsBelow(real, folder)
            ? path
            : throw Refused($"leaves the image folder through a symbolic link{(real is null ? "" : $" (to {real})")}; allow links with --follow-links, "
                + $"\"follow_links\": true in a configuration, or put the file there");

        InvalidInputException Refused(string reason) => new(file, record, UnusableImage.Reason(name, reason));
    }

    private static bool IsBelow(string path, string root) =>
        path.StartsWith(root.EndsWith(Path.DirectorySeparatorChar) ? root : root + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
