using System.Runtime.InteropServices;
using SkiaSharp;

namespace Fovea.Data.Images;

/// <summary>
/// Reads pictures as LLaVA does (Pillow's <c>convert("RGB")</c>): the content decides the format, EXIF orientation and colour profiles
/// are ignored, alpha is dropped and not blended, one channel of 16 bits is clipped and three are cut to their high bytes, the first frame of an
/// animation counts. Writes PNG.
/// </summary>
public static class ImageFile
{
    /// <summary>The most pixels that a file may claim: Pillow's own limit.</summary>
    public const long MaxPixels = 178_956_970;

    /// <summary>Reads a file: <c>[height, width, 3]</c>.</summary>
    /// <exception cref="InvalidInputException">It is missing, empty, cut, too large or no picture.</exception>
    public static RgbImage Decode(string path)
    {
        try
        {
            return Decode(RegularFile.ReadAllBytes(path, RegularFile.MaxImage), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(path, null, File.Exists(path) ? $"cannot be read: {e.Message}" : "image not found", e);
        }
    }

    /// <summary>Reads a file's bytes: <c>[height, width, 3]</c>; <paramref name="name"/> is used in errors.</summary>
    /// <exception cref="InvalidInputException">They are empty, cut, too large or no picture.</exception>
    public static RgbImage Decode(ReadOnlySpan<byte> bytes, string name)
    {
        if (bytes.IsEmpty)
        {
            throw new InvalidInputException(name, null, "expected an image, got a file of 0 bytes");
        }

        return TryDecode(EncodedImage.WithWholePalette(bytes) ?? bytes, name, out var image, out var wrong)
            || (EncodedImage.WithDataChecksums(bytes) is { } signed && TryDecode(EncodedImage.WithWholePalette(signed) ?? signed, name, out image, out _))
                ? image
                : throw new InvalidInputException(name, null, PngData.HasWrongSum(bytes)
                    ? "the PNG's pixel data unpacks whole, but its own checksum (Adler-32) is wrong: a byte of it has changed; copy the file again, or save "
                        + "the picture anew" : wrong);
    }

    /// <summary>Reads a file's bytes; false where the decoder takes them for cut short or corrupt.</summary>
    private static bool TryDecode(ReadOnlySpan<byte> bytes, string name, out RgbImage image, out string wrong)
    {
        var gif = GifFirstFrame.Of(bytes);
        var isGrey16 = EncodedImage.IsGrey16Png(bytes);
        using var data = SKData.CreateCopy(gif is not null ? gif.Bytes : isGrey16 ? EncodedImage.Grey16AsTwoChannels(bytes) : bytes);
        using var codec = SKCodec.Create(data) ?? throw new InvalidInputException(name, null, WrongContent.Describe(bytes)
            ?? $"expected an image (PNG, JPEG, ...), got {bytes.Length} bytes of something else");
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        if (width <= 0 || height <= 0 || (long)width * height > MaxPixels)
        {
            throw new InvalidInputException(name, null, $"expected an image of at most {MaxPixels} pixels, got a header that claims {width} x {height}");
        }

        if (EncodedImage.ClaimsTooMuch(bytes, width, height))
        {
            throw new InvalidInputException(name, null, $"the header claims {width} x {height} pixels, far more than {bytes.Length} bytes can hold");
        }

        if (EncodedImage.IsCutJpeg(bytes))
        {
            throw new InvalidInputException(name, null, $"the image (Jpeg, {width} x {height}) is cut short: it has no end marker");
        }

        (var pixels, wrong) = Pixels(codec);
        image = wrong.Length > 0 ? new RgbImage(0, 0, []) : new RgbImage(width, height, isGrey16 ? Clip(pixels) : DropAlpha(pixels, gif?.Uncovered));
        return wrong.Length == 0;
    }

    /// <summary>All pixels, and what is wrong with the file; empty for nothing.</summary>
    private static (byte[] Pixels, string Wrong) Pixels(SKCodec codec)
    {
        // No colour space asked for means no colour management; unpremultiplied keeps the colours beneath alpha.
        var alpha = codec.Info.AlphaType == SKAlphaType.Opaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul;
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, alpha, null);
        var pixels = new byte[info.BytesSize64];
        var pinned = GCHandle.Alloc(pixels, GCHandleType.Pinned);
        try
        {
            var result = codec.GetPixels(info, pinned.AddrOfPinnedObject());
            return (pixels, result == SKCodecResult.Success ? ""
                : $"the image ({codec.EncodedFormat}, {info.Width} x {info.Height}) is cut short or corrupt: {result}");
        }
        finally
        {
            pinned.Free();
        }
    }

    /// <summary>Writes a picture as PNG, through <see cref="AtomicFile"/>.</summary>
    public static void WritePng(string path, RgbImage image)
    {
        var png = EncodePng(image);
        AtomicFile.Write(path, s => s.Write(png));
    }

    /// <summary>A picture as the bytes of a PNG file.</summary>
    public static byte[] EncodePng(RgbImage image)
    {
        var rgba = new byte[image.Width * image.Height * 4];
        for (int from = 0, to = 0; to < rgba.Length; from += 3, to += 4)
        {
            (rgba[to], rgba[to + 1], rgba[to + 2], rgba[to + 3]) = (image.Pixels[from], image.Pixels[from + 1], image.Pixels[from + 2], 255);
        }

        var pinned = GCHandle.Alloc(rgba, GCHandleType.Pinned);
        try
        {
            var info = new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque, null);
            using var pixels = new SKPixmap(info, pinned.AddrOfPinnedObject());
            using var data = pixels.Encode(SKPngEncoderOptions.Default) ?? throw new FoveaException("the image could not be written as PNG");
            return data.ToArray();
        }
        finally
        {
            pinned.Free();
        }
    }

    private static byte[] DropAlpha(byte[] rgba, (byte Red, byte Green, byte Blue)? uncovered)
    {
        var rgb = new byte[rgba.Length / 4 * 3];
        for (int from = 0, to = 0; to < rgb.Length; from += 4, to += 3)
        {
            (rgb[to], rgb[to + 1], rgb[to + 2]) = uncovered is { } colour && rgba[from + 3] == 0 ? colour : (rgba[from], rgba[from + 1], rgba[from + 2]);
        }

        return rgb;
    }

    /// <summary>Pillow's reading of one 16-bit channel, here as high byte and alpha: min(value, 255), so that nearly all is white.</summary>
    private static byte[] Clip(byte[] rgba)
    {
        var rgb = new byte[rgba.Length / 4 * 3];
        for (int from = 0, to = 0; to < rgb.Length; from += 4, to += 3)
        {
            rgb[to] = rgb[to + 1] = rgb[to + 2] = rgba[from] > 0 ? byte.MaxValue : rgba[from + 3];
        }

        return rgb;
    }
}
