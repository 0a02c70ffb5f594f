namespace Fovea.Core.Files;

/// <summary>
/// What durable writing asks of a disk: the seam at which tests let it run full, refuse or tear. Paths are full or relative to the process, as
/// in <see cref="File"/>.
/// </summary>
public interface IFileLayer
{
    /// <summary>Makes a folder and those above it, where they are not there, durably.</summary>
    void CreateFolder(string path);

    /// <summary>Opens a new or emptied file for writing.</summary>
    Stream Create(string path);

    /// <summary>Flushes a stream that <see cref="Create"/> gave to the disk itself.</summary>
    void FlushToDisk(Stream stream);

    /// <summary>Renames a file, replacing what is there, or a folder to a name that is free; the new name survives a power failure.</summary>
    void Move(string path, string newPath);

    /// <summary>Removes a file or a folder with all that is in it; nothing happens where neither is.</summary>
    void Delete(string path);
}

/// <summary>The disk itself.</summary>
public sealed class DiskFiles : IFileLayer
{
    private const int BufferBytes = 1 << 16;

    /// <summary>The only instance.</summary>
    public static DiskFiles Instance { get; } = new();

    public void CreateFolder(string path)
    {
        var made = new List<string>();
        for (var at = Path.GetFullPath(path); at is not null && !Directory.Exists(at); at = Path.GetDirectoryName(at))
        {
            made.Add(at);
        }

        Directory.CreateDirectory(path);
        made.ForEach(m => FolderSync.Flush(Path.GetDirectoryName(m)!));
    }

    public Stream Create(string path) => new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, BufferBytes);

    public void FlushToDisk(Stream stream)
    {
        if (stream is FileStream file)
        {
            file.Flush(flushToDisk: true);
        }
        else
        {
            stream.Flush();
        }
    }

    public void Move(string path, string newPath)
    {
        if (Directory.Exists(path))
        {
            FolderSync.Flush(path);
            Directory.Move(path, newPath);
        }
        else
        {
            File.Move(path, newPath, overwrite: true);
        }

        FolderSync.Flush(Path.GetDirectoryName(Path.GetFullPath(newPath))!);
    }

    public void Delete(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
        else
        {
            File.Delete(path);
        }
    }
}
