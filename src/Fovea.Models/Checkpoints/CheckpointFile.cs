using Fovea.Torch;
using Microsoft.Win32.SafeHandles;
using TorchSharp;

namespace Fovea.Models.Checkpoints;

/// <summary>An open file of known length; the handle is kept, so that a file put in its place meanwhile is not mixed with it.</summary>
internal sealed class CheckpointFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    private CheckpointFile(string path, SafeFileHandle handle)
    {
        Path = path;
        _handle = handle;
        Length = RandomAccess.GetLength(handle);
    }

    public string Path { get; }

    public long Length { get; }

    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="InvalidInputException">It cannot be.</exception>
    public static CheckpointFile Open(string path)
    {
        try
        {
            RegularFile.Check(path);
            return new CheckpointFile(path, File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.RandomAccess));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new InvalidInputException(path, null, File.Exists(path)
                ? "cannot be read; expected a file of weights" : "not found; expected a file of weights", e);
        }
    }

    /// <summary>A stream over the open file, with a position of its own. Dispose of it before the file.</summary>
    public FileStream OpenStream() => new(new SafeFileHandle(_handle.DangerousGetHandle(), ownsHandle: false), FileAccess.Read, bufferSize: 1 << 12);

    /// <summary>Refuses what often lies in a downloaded file's place.</summary>
    /// <exception cref="InvalidInputException">A Git LFS pointer or a web page.</exception>
    public void RefuseWrongContent()
    {
        Span<byte> start = stackalloc byte[64];
        start = start[..(int)Math.Min(start.Length, Length)];
        Read(start, 0, "its first bytes");
        if (WrongContent.Describe(start) is { } instead)
        {
            throw new InvalidInputException(Path, null, instead);
        }
    }

    /// <summary>Fills a buffer from an offset.</summary>
    /// <param name="buffer">Where to.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="what">What is read, for the message.</param>
    /// <exception cref="InvalidInputException">The file ends before it is full.</exception>
    public void Read(Span<byte> buffer, long offset, string what)
    {
        while (buffer.Length > 0)
        {
            int read;
            try
            {
                read = RandomAccess.Read(_handle, buffer, offset);
            }
            catch (IOException e)
            {
                throw new InvalidInputException(Path, null, $"cannot be read within {what}: {e.Message}", e);
            }

            if (read == 0)
            {
                throw new InvalidInputException(Path, null, $"ends within {what}; it has changed since it was opened");
            }

            buffer = buffer[read..];
            offset += read;
        }
    }

    /// <summary>Reads a contiguous tensor into memory of its own. Its size must have been checked against the file's.</summary>
    public torch.Tensor ReadTensor(SafetensorsEntry entry)
    {
        var tensor = torch.empty(entry.Shape, entry.Type);
        try
        {
            TensorBytes.Fill(tensor, (piece, at) => Read(piece, entry.Begin + at, $"tensor '{Quoted.Shorten(entry.Name)}'"));
        }
        catch
        {
            tensor.Dispose();
            throw;
        }

        return tensor;
    }

    public void Dispose() => _handle.Dispose();
}
