using System.Runtime.InteropServices;
using Fovea.Core.Errors;
using Fovea.Core.Files;
using Fovea.Core.Samples;
using SkiaSharp;

namespace Fovea.Data.Images;

/// <summary>
/// Reads pictures as LLaVA does (Pillow's <c>convert("RGB")</c>): the content decides the format, EXIF orientation and colour profiles are ignored, alpha is dropped and
/// not blended. Writes PNG.
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
            return Decode(File.ReadAllBytes(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(path, null, File.Exists(path) ? $"cannot be read: {e.Message}" : "image not found", e);
        }
    }

    /// <summary>Reads a file's bytes: <c>[height, width, 3]</c>; <paramref name="name"/> stands in errors.</summary>
    /// <exception cref="InvalidInputException">They are empty, cut, too large or no picture.</exception>
    public static RgbImage Decode(ReadOnlySpan<byte> bytes, string name)
    {
        if (bytes.IsEmpty)
        {
            throw new InvalidInputException(name, null, "expected an image, got a file of 0 bytes");
        }

        using var data = SKData.CreateCopy(bytes);
        using var codec = SKCodec.Create(data)
            ?? throw new InvalidInputException(name, null, $"expected an image (PNG, JPEG, ...), got {bytes.Length} bytes of something else");
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        if (width <= 0 || height <= 0 || (long)width * height > MaxPixels)
        {
            throw new InvalidInputException(name, null, $"expected an image of at most {MaxPixels} pixels, got a header that claims {width} x {height}");
        }

        // No colour space asked for means no colour management; unpremultiplied keeps the colours beneath alpha.
        var info = new SKImageInfo(width, height, SKColorType.Rgba8888, codec.Info.AlphaType == SKAlphaType.Opaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul, null);
        var rgba = new byte[info.BytesSize64];
        var pinned = GCHandle.Alloc(rgba, GCHandleType.Pinned);
        try
        {
            var result = codec.GetPixels(info, pinned.AddrOfPinnedObject());
            return result == SKCodecResult.Success
                ? new RgbImage(width, height, DropAlpha(rgba))
                : throw new InvalidInputException(name, null, $"the image ({codec.EncodedFormat}, {width} x {height}) is cut short or corrupt: {result}");
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

    private static byte[] DropAlpha(byte[] rgba)
    {
        var rgb = new byte[rgba.Length / 4 * 3];
        for (int from = 0, to = 0; to < rgb.Length; from += 4, to += 3)
        {
            (rgb[to], rgb[to + 1], rgb[to + 2]) = (rgba[from], rgba[from + 1], rgba[from + 2]);
        }

        return rgb;
    }
}
