using System.IO.Compression;

namespace Fovea.Models.Checkpoints;

/// <summary>
/// The entries of a torch zip file under its root folder, whose name is <c>archive</c> or that of the file when it was saved. Compressed entries,
/// which could be bombs, are refused.
/// </summary>
internal sealed class TorchZipEntries : IDisposable
{
    private const string Pickle = "/data.pkl";
    private readonly FileStream _stream;
    private readonly ZipArchive _zip;
    private readonly CheckpointFile _file;
    private readonly Dictionary<string, ZipArchiveEntry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _begins = new(StringComparer.Ordinal);
    private readonly string _root;

    private TorchZipEntries(FileStream stream, ZipArchive zip, CheckpointFile file)
    {
        (_stream, _zip, _file) = (stream, zip, file);
        foreach (var entry in zip.Entries)
        {
            if (!_entries.TryAdd(entry.FullName, entry))
            {
                throw new InvalidInputException(file.Path, null, $"two entries have the name '{Quoted.Shorten(entry.FullName)}'");
            }
        }

        var pickles = _entries.Keys.Where(n => n.EndsWith(Pickle, StringComparison.Ordinal)
            && n.IndexOf('/', StringComparison.Ordinal) == n.Length - Pickle.Length).ToList();
        _root = pickles.Count == 1 ? pickles[0][..^(Pickle.Length - 1)]
            : throw new InvalidInputException(file.Path, null, "not a torch file: expected one folder with data.pkl in the zip file");
    }

    /// <summary>Reads the directory of the zip file that <paramref name="file"/> is; the file stays the caller's.</summary>
    /// <exception cref="InvalidInputException">It is damaged, or not torch's.</exception>
    public static TorchZipEntries Open(CheckpointFile file)
    {
        FileStream? stream = null;
        try
        {
            stream = file.OpenStream();
            return new TorchZipEntries(stream, new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true), file);
        }
        catch (Exception e)
        {
            stream?.Dispose();
            if (IsDamage(e))
            {
                throw Damaged(file.Path, e);
            }

            throw;
        }
    }

    public bool Has(string name) => _entries.ContainsKey(_root + name);

    /// <summary>All of a small entry.</summary>
    public byte[] Read(string name, long most)
    {
        var length = Length(name);
        if (length > most)
        {
            throw new InvalidInputException(_file.Path, null, $"{name} has {length} bytes; expected at most {most}");
        }

        var bytes = new byte[length];
        _file.Read(bytes, Begin(name), name);
        return bytes;
    }

    /// <summary>Number of bytes of an entry; they are a part of the file, so that nothing is larger than it.</summary>
    public long Length(string name) => Find(name).Length;

    /// <summary>Place of an entry's first byte in the file.</summary>
    public long Begin(string name)
    {
        if (!_begins.TryGetValue(name, out var begin))
        {
            _begins.Add(name, begin = Locate(Find(name)));
        }

        return begin;
    }

    public void Dispose()
    {
        _zip.Dispose();
        _stream.Dispose();
    }

    private ZipArchiveEntry Find(string name)
    {
        if (!_entries.TryGetValue(_root + name, out var entry))
        {
            throw new InvalidInputException(_file.Path, null, $"no {Quoted.Shorten(_root + name)} in the zip file");
        }

        return entry.CompressedLength == entry.Length && entry.Length <= _file.Length && !entry.IsEncrypted ? entry : throw NotStored(entry);
    }

    /// <summary>
    /// The library does not tell where an entry begins, but reads a stored one straight from the stream beneath: after its first
    /// byte, that stream is at the second.
    /// </summary>
    private long Locate(ZipArchiveEntry entry)
    {
        if (entry.Length == 0)
        {
            return 0;
        }

        try
        {
            using var stored = entry.Open();
            var first = stored.ReadByte();
            var begin = _stream.Position - 1;
            var second = entry.Length > 1 ? stored.ReadByte() : 0;
            return first >= 0 && second >= 0 && _stream.Position == begin + Math.Min(2, entry.Length) && entry.Length <= _file.Length - begin
                ? begin : throw NotStored(entry);
        }
        catch (Exception e) when (IsDamage(e))
        {
            throw Damaged(_file.Path, e);
        }
    }

    private InvalidInputException NotStored(ZipArchiveEntry entry) =>
        new(_file.Path, null, $"{Quoted.Shorten(entry.FullName)} is compressed or encrypted, which torch never writes; unpack it and save it again");

    private static bool IsDamage(Exception e) =>
        e is IOException or InvalidDataException or UnauthorizedAccessException or NotSupportedException or ArgumentException or OverflowException;

    private static InvalidInputException Damaged(string path, Exception e) => new(path, null, $"not a whole torch zip file: {e.Message}", e);
}
