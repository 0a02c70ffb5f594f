using System.Buffers.Binary;

namespace Fovea.Data.Images;

/// <summary>What the bytes of a picture tell before they are decoded.</summary>
internal static class EncodedImage
{
    // Deflate makes at most 1032 bytes of one. A baseline or progressive JPEG spends at least a bit on every block of 64 pixels; 16 times that
    // covers odd sampling factors.
    private const long PngBytesPerByte = 1032;
    private const long JpegPixelsPerByte = 8192;

    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Whether a PNG holds one channel of 16 bits, which Pillow reads unlike all others.</summary>
    public static bool IsGrey16Png(ReadOnlySpan<byte> file) => IsPng(file) && file[24] == 16 && file[25] == 0;

    /// <summary>
    /// The same file as grey and alpha of 8 bits each, the high and the low byte: a decoder that keeps 8 bits of a sample then keeps all
    /// 16. Rows, filters and interlacing of the two forms are alike byte by byte.
    /// </summary>
    public static byte[] Grey16AsTwoChannels(ReadOnlySpan<byte> file)
    {
        var copy = file.ToArray();
        (copy[24], copy[25]) = (8, 4);
        BinaryPrimitives.WriteUInt32BigEndian(copy.AsSpan(29), Crc(copy.AsSpan(12, 17)));
        return copy;
    }

    /// <summary>Whether the file is too short for the size that its header claims: no memory need be taken to know.</summary>
    public static bool ClaimsTooMuch(ReadOnlySpan<byte> file, int width, int height)
    {
        return IsPng(file) ? height * BytesPerPngRow(file, width) > PngBytesPerByte * file.Length
            : IsJpeg(file) && (long)width * height > JpegPixelsPerByte * file.Length;
    }

    /// <summary>
    /// Whether a JPEG breaks off before its end marker. Decoders show what they have of a progressive one, coarse but whole; Pillow refuses it, and so do we.
    /// </summary>
    public static bool IsCutJpeg(ReadOnlySpan<byte> file)
    {
        if (!IsJpeg(file))
        {
            return false;
        }

        var at = 2;
        while (true)
        {
            var next = file[Math.Min(at, file.Length)..].IndexOf((byte)0xFF);
            at += next + 1;
            if (next < 0 || at >= file.Length)
            {
                return true;
            }

            switch (file[at])
            {
                case 0xD9:
                    return false;
                case 0x00 or 0x01 or 0xFF or (>= 0xD0 and <= 0xD8):
                    at += file[at] == 0xFF ? 0 : 1;
                    break;
                default:
                    at += at + 2 < file.Length ? 1 + BinaryPrimitives.ReadUInt16BigEndian(file[(at + 1)..]) : file.Length;
                    break;
            }
        }
    }

    /// <summary>
    /// The same PNG with a palette for every index, where it has a shorter one: Pillow shows an index beyond the palette as the grey of that
    /// number. Null where nothing is to be done.
    /// </summary>
    public static byte[]? WithWholePalette(ReadOnlySpan<byte> file)
    {
        if (!IsPng(file) || file[25] != 3 || file[24] is not (1 or 2 or 4 or 8) || Find(file, "PLTE"u8, 8) is not (> 0 and var at))
        {
            return null;
        }

        var (length, whole) = (Length(file, at), 3 * (1 << file[24]));
        if (length >= whole || length % 3 != 0)
        {
            return null;
        }

        var copy = new byte[file.Length + whole - length];
        file[..(at + 8 + length)].CopyTo(copy);
        for (var i = length; i < whole; i++)
        {
            copy[at + 8 + i] = (byte)(i / 3);
        }

        file[(at + 8 + length)..].CopyTo(copy.AsSpan(at + 8 + whole));
        BinaryPrimitives.WriteInt32BigEndian(copy.AsSpan(at), whole);
        Sign(copy, at);
        return copy;
    }

    /// <summary>The same PNG with right checksums of its pixel data, which Pillow does not look at; null for other files.</summary>
    public static byte[]? WithDataChecksums(ReadOnlySpan<byte> file)
    {
        if (!IsPng(file))
        {
            return null;
        }

        var copy = file.ToArray();
        for (var at = Find(copy, "IDAT"u8, 8); at > 0; at = Find(copy, "IDAT"u8, at + 12 + Length(copy, at)))
        {
            Sign(copy, at);
        }

        return copy;
    }

    /// <summary>Bytes of a row of a PNG's unpacked data that is not interlaced, its filter's byte included.</summary>
    public static long BytesPerPngRow(ReadOnlySpan<byte> file, int width) =>
        1 + (((long)width * (file[25] switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 }) * file[24]) + 7) / 8;

    /// <summary>Offset of the next whole chunk of a kind from a chunk's offset on; 0 for none.</summary>
    public static int Find(ReadOnlySpan<byte> file, ReadOnlySpan<byte> kind, int at)
    {
        while (at <= file.Length - 12 && Length(file, at) is >= 0 and var length && length <= file.Length - 12 - at)
        {
            if (file.Slice(at + 4, 4).SequenceEqual(kind))
            {
                return at;
            }

            at += 12 + length;
        }

        return 0;
    }

    public static int Length(ReadOnlySpan<byte> file, int at) => BinaryPrimitives.ReadInt32BigEndian(file[at..]);

    private static void Sign(Span<byte> file, int at)
    {
        var length = Length(file, at);
        BinaryPrimitives.WriteUInt32BigEndian(file[(at + 8 + length)..], Crc(file.Slice(at + 4, 4 + length)));
    }

    /// <summary>CRC-32 as PNG has it (ISO 3309).</summary>
    private static uint Crc(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var b in data)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB8_8320u : crc >> 1;
            }
        }

        return ~crc;
    }

    private static bool IsJpeg(ReadOnlySpan<byte> file) => file.Length > 3 && file[0] == 0xFF && file[1] == 0xD8;

    /// <summary>Whether it is a PNG file with a whole header.</summary>
    public static bool IsPng(ReadOnlySpan<byte> file) => file.Length > 33 && file.StartsWith(PngSignature);
}
