using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fovea.Core.Files;

/// <summary>What .NET does not open: folders, whose entries must reach the disk as well as the files they name.</summary>
internal static partial class FolderSync
{
    private const int ReadOnlyClosedOnExec = 0x80000;

    /// <summary>
    /// Flushes a folder's entries, so that a file that was renamed there is there after a power failure too. Does nothing where there are no such handles.
    /// </summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Flush(string folder)
    {
        using var handle = OpenForReading(folder);
        if (handle is not null)
        {
            RandomAccess.FlushToDisk(handle);
        }
    }

    /// <summary>Opens a file or folder without asking for its lock; null where that cannot be done.</summary>
    public static SafeFileHandle? OpenForReading(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        var descriptor = Open(path, ReadOnlyClosedOnExec);
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
