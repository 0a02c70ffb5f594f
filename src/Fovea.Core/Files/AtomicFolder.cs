namespace Fovea.Core.Files;

/// <summary>Writes a folder aside and renames it, so that a new folder is whole or absent.</summary>
public static class AtomicFolder
{
    /// <summary>
    /// Fills a folder that does not exist yet through a temporary neighbour. One that exists may hold files of others: it is filled in place,
    /// and it is for <paramref name="fill"/> to replace each file at once (<see cref="AtomicFile"/>).
    /// </summary>
    /// <param name="path">The folder.</param>
    /// <param name="fill">Writes into the folder that it is given; what it writes it flushes to the disk.</param>
    public static void Write(string path, Action<string> fill)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Directory.Exists(full))
        {
            fill(full);
            return;
        }

        var parent = Path.GetDirectoryName(full)!;
        var aside = Path.Combine(parent, $".{Path.GetFileName(full)}.{Environment.ProcessId}.tmp");
        try
        {
            DiskFiles.Instance.CreateFolder(aside);
            fill(aside);
            DiskFiles.Instance.Move(aside, full);
        }
        finally
        {
            if (Directory.Exists(aside))
            {
                Directory.Delete(aside, recursive: true);
            }
        }
    }
}
