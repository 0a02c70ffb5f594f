using System.Text;

namespace Fovea.Core.Files;

/// <summary>
/// Writes a file aside, flushes it and its folder to the disk around the rename, so that a crash or a power failure leaves the old file or the new one.
/// </summary>
public static class AtomicFile
{
    /// <summary>Writes through <paramref name="write"/> to a temporary neighbour, then renames it to <paramref name="path"/>.</summary>
    /// <param name="path">The file; its folder is made if need be.</param>
    /// <param name="write">Writes the content.</param>
    /// <param name="files">The disk; null for the real one.</param>
    /// <param name="check">Gets the path of the finished neighbour before it is renamed; where it throws, the old file stays as it is.</param>
    public static void Write(string path, Action<Stream> write, IFileLayer? files = null, Action<string>? check = null)
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

            check?.Invoke(aside);
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
