using System.Buffers.Binary;
using System.IO.Compression;

namespace Fovea.Data.Images;

/// <summary>The pixel data of a PNG that its decoder has refused.</summary>
internal static class PngData
{
    private const uint AdlerPrime = 65521;

    /// <summary>
    /// Whether the data unpacks to all rows of the picture and only its checksum (Adler-32, RFC 1950) is another; false for interlaced pictures
    /// too, whose rows are not counted here.
    /// </summary>
    public static bool HasWrongSum(ReadOnlySpan<byte> file)
    {
        if (!EncodedImage.IsPng(file) || file[28] != 0)
        {
            return false;
        }

        using var packed = new MemoryStream();
        for (var at = EncodedImage.Find(file, "IDAT"u8, 8); at > 0; at = EncodedImage.Find(file, "IDAT"u8, at + 12 + EncodedImage.Length(file, at)))
        {
            packed.Write(file.Slice(at + 8, EncodedImage.Length(file, at)));
        }

        if (packed.Length < 6)
        {
            return false;
        }

        var stored = BinaryPrimitives.ReadUInt32BigEndian(packed.GetBuffer().AsSpan((int)packed.Length - 4, 4));
        packed.Position = 2; // behind zlib's header: what is left is deflate
        var expected = BinaryPrimitives.ReadInt32BigEndian(file[20..]) * EncodedImage.BytesPerPngRow(file, BinaryPrimitives.ReadInt32BigEndian(file[16..]));
        return Unpack(packed, expected) is { } sum && sum != stored;
    }

    /// <summary>The checksum of the unpacked bytes; null where they are not as many as expected.</summary>
    private static uint? Unpack(MemoryStream packed, long expected)
    {
        var (a, b, count) = (1u, 0u, 0L);
        var piece = new byte[1 << 16];
        using var unpacked = new DeflateStream(packed, CompressionMode.Decompress);
        try
        {
            for (int read; count <= expected && (read = unpacked.Read(piece)) > 0; count += read)
            {
                foreach (var value in piece.AsSpan(0, read))
                {
                    a = (a + value) % AdlerPrime;
                    b = (b + a) % AdlerPrime;
                }
            }
        }
        catch (InvalidDataException)
        {
            return null;
        }

        return count == expected ? b << 16 | a : null;
    }
}
