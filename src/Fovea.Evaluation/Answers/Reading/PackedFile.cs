using System.IO.Compression;
using ZstdSharp;

namespace Fovea.Evaluation.Answers.Reading;

/// <summary>
/// A file that others made, whole, and unpacked where it is packed: gzip, Zstandard, or a ZIP archive of one file, told by its first bytes. What comes out is
/// bounded, however small the file is that it came from.
/// </summary>
public static class PackedFile
{
    /// <summary>Most bytes of a file, packed or not, and of what is unpacked. All 15,220 answers to AMBER with long captions have 10 MB.</summary>
    public const long MostBytes = 512L << 20;

    private static readonly byte[] Zip = "PK\u0003\u0004"u8.ToArray();

    /// <summary>Its bytes.</summary>
    /// <exception cref="InvalidInputException">It is missing, cannot be read or unpacked, or is too large.</exception>
    public static byte[] ReadAllBytes(string path, long mostBytes = MostBytes)
    {
        try
        {
            var bytes = RegularFile.ReadAllBytes(path, mostBytes);
            using var stream = Unpack(path, bytes);
            return stream is null ? bytes : ReadBounded(path, stream, mostBytes);
        }
        catch (Exception e) when (e is InvalidDataException or ZstdException or EndOfStreamException)
        {
            throw new InvalidInputException(path, null, $"cannot be unpacked: {e.Message}; copy or pack it again", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(path, null, e is FileNotFoundException or DirectoryNotFoundException
                ? "not found" : $"cannot be read: {DiskError.Reason(e)}", e);
        }
    }

    /// <summary>Its name without what says how it is packed: <c>answers.jsonl</c> for <c>answers.jsonl.gz</c>.</summary>
    public static string NameOf(string path) =>
        Path.GetExtension(path).ToUpperInvariant() is ".GZ" or ".ZST" or ".ZIP" ? Path.GetFileNameWithoutExtension(path) : Path.GetFileName(path);

    private static Stream? Unpack(string path, byte[] bytes)
    {
        var packed = new MemoryStream(bytes, writable: false);
        if (bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
        {
            return new GZipStream(packed, CompressionMode.Decompress);
        }

        if (bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]))
        {
            return new DecompressionStream(packed, leaveOpen: false);
        }

        if (!bytes.AsSpan().StartsWith(Zip) || Workbook.Is(path))
        {
            return null;
        }

        var files = new ZipArchive(packed, ZipArchiveMode.Read).Entries.Where(e => e.Name.Length > 0).ToArray();
        return files is [var one] ? one.Open()
            : throw new InvalidInputException(path, null, $"expected a ZIP archive of one file, got {files.Length} files; give the file itself");
    }

    private static byte[] ReadBounded(string path, Stream stream, long mostBytes)
    {
        using var all = new MemoryStream();
        var buffer = new byte[1 << 16];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            if (all.Length + read > mostBytes)
            {
                throw new InvalidInputException(path, null, $"expected at most {mostBytes} bytes unpacked, got more");
            }

            all.Write(buffer, 0, read);
        }

        return all.ToArray();
    }
}
