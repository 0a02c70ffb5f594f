using System.Buffers.Binary;
using System.IO.Compression;
using Fovea.Core.Errors;
using Fovea.Core.Randomness;
using Fovea.Data.Images;
using Xunit;

namespace Fovea.Tests.Data;

/// <summary>Files that are cut, lie or hide something: one line, little memory, or the picture that Pillow shows.</summary>
public sealed class ImageDecodeTests
{
    private const string Inputs = "fixtures/images/inputs/";

    [Theory]
    [InlineData("progressive.jpg", 0.5)]
    [InlineData("progressive.jpg", 0.9)]
    [InlineData("ycc420.jpg", 0.97)]
    [InlineData("grey.jpg", 0.99)]
    [InlineData("rgb.png", 0.9)]
    [InlineData("lossy.webp", 0.9)]
    [InlineData("animated.gif", 0.1)]
    [InlineData("rgb.bmp", 0.8)]
    public void A_cut_file_is_refused_however_much_of_it_shows(string file, double part)
    {
        var bytes = Read(file);
        var error = Assert.Throws<InvalidInputException>(() => ImageFile.Decode(bytes.AsSpan(0, (int)(bytes.Length * part)), "cut"));
        Assert.StartsWith("cut: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_JPEG_without_its_end_marker_is_cut_and_what_stands_behind_the_marker_does_not_matter()
    {
        var bytes = Read("progressive.jpg");
        Assert.Contains("cut short", Assert.Throws<InvalidInputException>(() => ImageFile.Decode(bytes.AsSpan(0, bytes.Length - 2), "x")).Message,
            StringComparison.Ordinal);
        Assert.Equal(ImageFile.Decode(bytes, "x").Pixels, ImageFile.Decode([.. bytes, 1, 2, 3, 0xFF], "x").Pixels);
    }

    [Fact]
    public void A_header_that_claims_more_than_the_file_can_hold_takes_no_memory()
    {
        var png = Png(13_000, 13_000, depth: 8, colour: 2, new byte[100]);
        var jpeg = Read("ycc420.jpg");
        BinaryPrimitives.WriteUInt32BigEndian(jpeg.AsSpan(jpeg.AsSpan().IndexOf<byte>([0xFF, 0xC0]) + 5), 13_000u << 16 | 13_000);
        foreach (var bomb in (byte[][])[png, jpeg])
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Contains("13000 x 13000", Assert.Throws<InvalidInputException>(() => ImageFile.Decode(bomb, "bomb")).Message, StringComparison.Ordinal);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        }
    }

    [Fact]
    public void One_channel_of_sixteen_bits_is_clipped_as_Pillow_does()
    {
        byte[] row = [0, 0, 5, 0, 255, 1, 0, 255, 255];
        Assert.Equal([5, 5, 5, 255, 255, 255, 255, 255, 255, 255, 255, 255], ImageFile.Decode(Png(4, 1, depth: 16, colour: 0, row), "grey").Pixels);
    }

    [Fact]
    public void What_the_first_frame_of_a_GIF_leaves_uncovered_has_the_transparent_indexs_colour()
    {
        var gif = Read("animated.gif");
        var whole = ImageFile.Decode(gif, "gif");
        BinaryPrimitives.WriteUInt16LittleEndian(gif.AsSpan(6), (ushort)(whole.Width + 3));
        var wider = ImageFile.Decode(gif, "gif");
        Assert.Equal(whole.Width + 3, wider.Width);
        Assert.Equal(whole.Pixels.AsSpan(0, whole.Width * 3), wider.Pixels.AsSpan(0, whole.Width * 3));
        var control = gif.AsSpan().IndexOf<byte>([0x21, 0xF9, 4]);
        var colour = gif.AsSpan(13 + 3 * gif[control + 6], 3).ToArray();
        Assert.Equal([.. colour, .. colour, .. colour], wider.Pixels.AsSpan(whole.Width * 3, 9));
    }

    [Fact]
    public void Whatever_is_done_to_a_file_it_is_a_picture_or_one_error()
    {
        var random = new RandomSource(20, "test/images");
        string[] files = ["ycc420.jpg", "progressive.jpg", "rgb_adam7.png", "grey16.png", "palette_transparent.png", "animated.gif", "lossy_alpha.webp",
            "rgb.bmp", "cmyk.jpg"];
        for (var round = 0; round < 600; round++)
        {
            var bytes = Read(files[round % files.Length]);
            for (var n = random.Next(6); n >= 0; n--)
            {
                bytes[random.Next(random.Chance(0.5) ? Math.Min(bytes.Length, 200) : bytes.Length)] = (byte)random.Next(256);
            }

            if (random.Chance(0.2))
            {
                bytes = bytes[..random.Next(bytes.Length)];
            }

            try
            {
                var image = ImageFile.Decode(bytes, "mutated");
                Assert.Equal(image.Width * image.Height * 3, image.Pixels.Length);
            }
            catch (InvalidInputException e)
            {
                Assert.StartsWith("mutated: ", e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void An_index_beyond_the_palette_is_the_grey_of_its_number_as_Pillow_shows_it()
    {
        byte[] rows = [0, 0, 1, 2, 3, 0, 200, 255, 1, 0]; // two rows of four, each after its filter
        var png = Png(4, 2, depth: 8, colour: 3, rows, Chunk("PLTE"u8, [60, 10, 200, 120, 11, 201]));
        Assert.Equal([60, 10, 200, 120, 11, 201, 2, 2, 2, 3, 3, 3, 200, 200, 200, 255, 255, 255, 120, 11, 201, 60, 10, 200],
            ImageFile.Decode(png, "palette").Pixels);
        Assert.Equal([60, 10, 200, 3, 3, 3],
            ImageFile.Decode(Png(2, 1, depth: 2, colour: 3, [0, 0b0011_0000], Chunk("PLTE"u8, [60, 10, 200])), "palette").Pixels);
    }

    [Fact]
    public void A_wrong_checksum_of_the_pixel_data_is_passed_over_as_Pillow_does()
    {
        var png = Png(2, 1, depth: 8, colour: 2, [0, 1, 2, 3, 4, 5, 6]);
        var broken = png.ToArray();
        broken[^13] ^= 0x55; // the last byte of IDAT's checksum, before the 12 bytes of IEND
        Assert.Equal([1, 2, 3, 4, 5, 6], ImageFile.Decode(broken, "checksum").Pixels);
        broken[^20] ^= 0xFF; // data that is damaged stays so
        Assert.ThrowsAny<InvalidInputException>(() => ImageFile.Decode(broken, "checksum"));
    }

    [Fact]
    public void A_wrong_checksum_within_the_pixel_data_is_said_to_be_one()
    {
        var png = Png(2, 1, depth: 8, colour: 2, [0, 1, 2, 3, 4, 5, 6]);
        png[^20] ^= 0xFF; // the first byte of zlib's checksum, before that of IDAT
        Assert.Contains("checksum (Adler-32) is wrong", Assert.Throws<InvalidInputException>(() => ImageFile.Decode(png, "sum")).Message,
            StringComparison.Ordinal);
        Assert.DoesNotContain("Adler", Assert.Throws<InvalidInputException>(() => ImageFile.Decode(png.AsSpan(0, png.Length - 25), "cut")).Message,
            StringComparison.Ordinal);
    }

    private static byte[] Read(string file) => File.ReadAllBytes(TestData.Find(Inputs + file));

    private static byte[] Png(int width, int height, byte depth, byte colour, byte[] rows, byte[]? before = null)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (depth, colour);
        using var packed = new MemoryStream();
        using (var deflate = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflate.Write(rows);
        }

        return [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10, .. Chunk("IHDR"u8, header), .. before ?? [], .. Chunk("IDAT"u8, packed.ToArray()),
            .. Chunk("IEND"u8, [])];
    }

    private static byte[] Chunk(ReadOnlySpan<byte> tag, byte[] data)
    {
        var chunk = new byte[data.Length + 12];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        tag.CopyTo(chunk.AsSpan(4));
        data.CopyTo(chunk, 8);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(data.Length + 8), Crc(chunk.AsSpan(4, data.Length + 4)));
        return chunk;
    }

    /// <summary>CRC-32 bit by bit.</summary>
    private static uint Crc(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var b in data)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
            }
        }

        return ~crc;
    }
}
