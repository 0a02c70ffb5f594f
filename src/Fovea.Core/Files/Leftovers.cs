using System.Text.RegularExpressions;

namespace Fovea.Core.Files;

/// <summary>What a killed process had written aside (<see cref="AtomicFile"/>, <see cref="AtomicFolder"/>) and could not rename any more.</summary>
public static partial class Leftovers
{
    // Names that begin with a point count as hidden, and links are not followed.
    private static readonly EnumerationOptions Everywhere = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    /// <summary>Whether a name is one that files and folders have while they are written.</summary>
    public static bool IsOne(string path) => Aside().IsMatch(Path.GetFileName(path));

    /// <summary>Removes those anywhere below a folder that no other process writes into (<see cref="FolderLock"/>).</summary>
    public static void RemoveBelow(string folder)
    {
        foreach (var path in Directory.EnumerateFileSystemEntries(folder, ".*.tmp", Everywhere).Where(IsOne).ToArray())
        {
            DiskFiles.Instance.Delete(path);
        }
    }

    /// <summary>Removes those of one file, unless a process is writing them still: it holds a lock on them.</summary>
    public static void RemoveOf(string file)
    {
        var full = Path.GetFullPath(file);
        if (Path.GetDirectoryName(full) is not { } folder || !Directory.Exists(folder))
        {
            return;
        }

        foreach (var path in Directory.GetFiles(folder, ".*.tmp", new EnumerationOptions { AttributesToSkip = FileAttributes.ReparsePoint }))
        {
            if (IsOne(path) && Path.GetFileName(path).StartsWith($".{Path.GetFileName(full)}.", StringComparison.Ordinal) && IsFree(path))
            {
                File.Delete(path);
            }
        }
    }

    private static bool IsFree(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"^\..+\.[0-9]+\.tmp$")]
    private static partial Regex Aside();
}
