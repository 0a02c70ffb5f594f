using System.Text;

namespace Fovea.Core.Files;

/// <summary>Writes a file aside, flushes it to the disk and renames it, so that a crash leaves the old file or the new one.</summary>
public static class AtomicFile
{
    /// <summary>Writes through <paramref name="write"/> to a temporary neighbour, then renames it to <paramref name="path"/>.</summary>
    /// <param name="path">The file; its folder is made if need be.</param>
    /// <param name="write">Writes the content.</param>
    /// <param name="files">The disk; null for the real one.</param>
    public static void Write(string path, Action<Stream> write, IFileLayer? files = null)
    {
        files ??= DiskFiles.Instance;
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        files.CreateFolder(folder);
        var aside = Path.Combine(folder, $".{Path.GetFileName(path)}.{Environment.ProcessId}.tmp");
        try
        {
            using (var stream = files.Create(aside))
            {
                write(stream);
                files.FlushToDisk(stream);
            }

            files.Move(aside, path);
        }
        catch
        {
            TryDelete(files, aside);
            throw;
        }
    }

    /// <summary>Writes text as UTF-8 without a byte order mark.</summary>
    public static void WriteText(string path, string text, IFileLayer? files = null) =>
        Write(path, s => s.Write(Encoding.UTF8.GetBytes(text)), files);

    // The failure that led here matters more than a leftover.
    private static void TryDelete(IFileLayer files, string aside)
    {
        try
        {
            files.Delete(aside);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }
}
