using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Fovea.Core.Files;

/// <summary>What a killed process had written aside (<see cref="AtomicFile"/>, <see cref="AtomicFolder"/>) and could not rename any more.</summary>
public static partial class Leftovers
{
    // Names that begin with a point count as hidden, and links are not followed.
    private static readonly EnumerationOptions Everywhere = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
    private static readonly EnumerationOptions Here = new() { AttributesToSkip = FileAttributes.ReparsePoint };

    /// <summary>Whether a name is one that files and folders have while they are written.</summary>
    public static bool IsOne(string path) => Aside().IsMatch(Path.GetFileName(path));

    /// <summary>Removes those anywhere below a folder, unless a living process is writing them: a report may be written where another command works.</summary>
    public static void RemoveBelow(string folder)
    {
        foreach (var path in Directory.EnumerateFileSystemEntries(folder, ".*.tmp", Everywhere).Where(IsOne).ToArray())
        {
            if (!IsInUse(path))
            {
                DiskFiles.Instance.Delete(path);
            }
        }
    }

    /// <summary>Removes those of one file, unless a process is writing them still.</summary>
    public static void RemoveOf(string file)
    {
        var full = Path.GetFullPath(file);
        if (Path.GetDirectoryName(full) is not { } folder || !Directory.Exists(folder))
        {
            return;
        }

        foreach (var path in Directory.GetFiles(folder, ".*.tmp", Here))
        {
            if (IsOne(path) && Path.GetFileName(path).StartsWith($".{Path.GetFileName(full)}.", StringComparison.Ordinal) && !IsInUse(path))
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>Whether a living process is writing the file or folder.</summary>
    /// <remarks>
    /// Between its last byte and its new name no file is open, so the process in the name is asked for too. One that began later is
    /// another with the same number.
    /// </remarks>
    public static bool IsInUse(string path)
    {
        if (!Directory.Exists(path) && !IsFree(path))
        {
            return true;
        }

        if (!int.TryParse(Aside().Match(Path.GetFileName(path)).Groups["process"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            || id == Environment.ProcessId)
        {
            return false;
        }

        try
        {
            using var process = Process.GetProcessById(id);
            return process.StartTime.ToUniversalTime() <= File.GetLastWriteTimeUtc(path);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return false; // it has ended
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

    [GeneratedRegex(@"^\..+\.(?<process>[0-9]+)\.tmp$")]
    private static partial Regex Aside();
}
