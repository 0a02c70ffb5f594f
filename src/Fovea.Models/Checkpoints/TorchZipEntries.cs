using System.IO.Compression;
using Fovea.Core.Errors;
using TorchSharp;

namespace Fovea.Models.Checkpoints;

/// <summary>The entries of a torch zip file under its root folder, whose name is <c>archive</c> or that of the file when it was saved. Compressed entries, which could be bombs, are refused.</summary>
internal sealed class TorchZipEntries : IDisposable
{
    private const string Pickle = "/data.pkl";
    private readonly ZipArchive _zip;
    private readonly long _fileLength;
    private readonly Dictionary<string, ZipArchiveEntry> _entries = new(StringComparer.Ordinal);
    private readonly string _root;

    private TorchZipEntries(string path, ZipArchive zip, long fileLength)
    {
        Path = path;
        _zip = zip;
        _fileLength = fileLength;
        foreach (var entry in zip.Entries)
        {
            if (!_entries.TryAdd(entry.FullName, entry))
            {
                throw new InvalidInputException(path, null, $"two entries have the name '{CheckpointFile.Shorten(entry.FullName)}'");
            }
        }

        var pickles = _entries.Keys.Where(n => n.EndsWith(Pickle, StringComparison.Ordinal) && n.IndexOf('/', StringComparison.Ordinal) == n.Length - Pickle.Length).ToList();
        _root = pickles.Count == 1 ? pickles[0][..^(Pickle.Length - 1)] : throw new InvalidInputException(path, null, "not a torch file: expected one folder with data.pkl in the zip file");
    }

    public string Path { get; }

    public static TorchZipEntries Open(string path)
    {
        FileStream? stream = null;
        try
        {
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16, FileOptions.RandomAccess);
            return new TorchZipEntries(path, new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: false), stream.Length);
        }
        catch (Exception e) when (IsDamage(e))
        {
            stream?.Dispose();
            throw Damaged(path, e);
        }
        catch
        {
            stream?.Dispose();
            throw;
        }
    }

    public bool Has(string name) => _entries.ContainsKey(_root + name);

    /// <summary>All of a small entry.</summary>
    public byte[] Read(string name, long most)
    {
        var entry = Find(name);
        if (entry.Length > most)
        {
            throw new InvalidInputException(Path, null, $"{name} has {entry.Length} bytes; expected at most {most}");
        }

        var bytes = new byte[entry.Length];
        ReadFrom(entry, 0, stream => stream.ReadExactly(bytes));
        return bytes;
    }

    public void CheckLength(string name, long byteCount)
    {
        if (Find(name).Length != byteCount)
        {
            throw new InvalidInputException(Path, null, $"{CheckpointFile.Shorten(name)} has {Find(name).Length} bytes; the pickle says {byteCount}");
        }
    }

    /// <summary>Fills a contiguous tensor from an entry's bytes.</summary>
    public void ReadInto(torch.Tensor tensor, string name, long offset) => ReadFrom(Find(name), offset, stream =>
    {
        foreach (var chunk in CheckpointFile.Chunks(tensor))
        {
            stream.ReadExactly(chunk.bytes);
        }
    });

    public void Dispose() => _zip.Dispose();

    private ZipArchiveEntry Find(string name)
    {
        if (!_entries.TryGetValue(_root + name, out var entry))
        {
            throw new InvalidInputException(Path, null, $"no {CheckpointFile.Shorten(_root + name)} in the zip file");
        }

        // Stored bytes are part of the file, so that nothing is larger than it.
        return entry.CompressedLength == entry.Length && entry.Length <= _fileLength && !entry.IsEncrypted
            ? entry
            : throw new InvalidInputException(Path, null, $"{CheckpointFile.Shorten(entry.FullName)} is compressed or encrypted, which torch never writes; unpack it and save it again");
    }

    private void ReadFrom(ZipArchiveEntry entry, long offset, Action<Stream> read)
    {
        try
        {
            using var stream = entry.Open();
            Skip(stream, offset);
            read(stream);
        }
        catch (Exception e) when (IsDamage(e))
        {
            throw Damaged(Path, e);
        }
    }

    private static void Skip(Stream stream, long count)
    {
        if (stream.CanSeek)
        {
            stream.Position = count;
            return;
        }

        var scratch = new byte[Math.Min(count, 1 << 16)];
        while (count > 0)
        {
            var part = (int)Math.Min(count, scratch.Length);
            stream.ReadExactly(scratch, 0, part);
            count -= part;
        }
    }

    private static bool IsDamage(Exception e) =>
        e is IOException or InvalidDataException or UnauthorizedAccessException or NotSupportedException or ArgumentException or OverflowException;

    private static InvalidInputException Damaged(string path, Exception e) => new(path, null, $"not a whole torch zip file: {e.Message}", e);
}
