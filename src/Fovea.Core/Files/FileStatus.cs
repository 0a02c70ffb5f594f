using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Fovea.Core.Files;

/// <summary>What lies at a path, links followed; known without opening it, since opening a pipe waits for its other end.</summary>
/// <param name="Kind">In words: <c>a regular file</c>, <c>a folder</c>, <c>a pipe</c> and so on.</param>
/// <param name="Length">Bytes of a regular file.</param>
/// <param name="Modified">When its content last changed, in nanoseconds since 1970.</param>
public readonly partial record struct FileStatus(string Kind, long Length, long Modified)
{
    private const string Regular = "a regular file";

    /// <summary>Whether it is a file whose bytes lie on a disk.</summary>
    public bool IsRegular => Kind == Regular;

    /// <summary>What lies at <paramref name="path"/>; null where nothing does, or nothing that may be looked at.</summary>
    public static FileStatus? Of(string path) => OperatingSystem.IsLinux() && LinuxOf(path, out var status) ? status : PlainOf(path);

    // .NET tells pipes and devices from files only once they are open. The layout of statx is the same on every architecture.
    private static bool LinuxOf(string path, out FileStatus? status)
    {
        const int WorkingFolder = -100, Wanted = 0x7ff, NoSuchCall = 38, NotPermitted = 1;
        Span<byte> found = stackalloc byte[256];
        found.Clear();
        status = null;
        if (Statx(WorkingFolder, Encoding.UTF8.GetBytes(path + '\0'), 0, Wanted, ref MemoryMarshal.GetReference(found)) != 0)
        {
            return Marshal.GetLastPInvokeError() is not (NoSuchCall or NotPermitted);
        }

        var kind = (BinaryPrimitives.ReadUInt16LittleEndian(found[28..]) & 0xF000) switch
        {
            0x8000 => Regular,
            0x4000 => "a folder",
            0x1000 => "a pipe",
            0xC000 => "a socket",
            _ => "a device",
        };
        var modified = (BinaryPrimitives.ReadInt64LittleEndian(found[112..]) * 1_000_000_000) + BinaryPrimitives.ReadUInt32LittleEndian(found[120..]);
        status = new FileStatus(kind, BinaryPrimitives.ReadInt64LittleEndian(found[40..]), modified);
        return true;
    }

    private static FileStatus? PlainOf(string path)
    {
        try
        {
            var info = new FileInfo(path);
            info = info.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? info;
            return Directory.Exists(path) ? new FileStatus("a folder", 0, 0)
                : info.Exists ? new FileStatus(Regular, info.Length, (info.LastWriteTimeUtc - DateTime.UnixEpoch).Ticks * 100)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static partial int Statx(int folder, byte[] path, int flags, uint mask, ref byte found);
}
