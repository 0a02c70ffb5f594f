namespace Fovea.Data.Images;

/// <summary>Pads, resizes, crops, rescales and normalises as a <see cref="ImageProcessorConfig"/> says, equal to Transformers on Pillow. Thread-safe.</summary>
public sealed class ImageProcessor(ImageProcessorConfig config) : IImageProcessor
{
    /// <summary>What it does.</summary>
    public ImageProcessorConfig Config { get; } = config;

    /// <summary>Makes the processor that a model's folder asks for.</summary>
    /// <exception cref="InvalidInputException">Its <c>preprocessor_config.json</c> is missing, malformed or not supported.</exception>
    public static ImageProcessor Load(string folder) => new(ImageProcessorConfig.Load(folder));

    /// <remarks>Value by value v / 255 in single precision.</remarks>
    public PixelValues Rescale(RgbImage image)
    {
        var prepared = Prepare(image);
        var plane = prepared.Width * prepared.Height;
        var values = new float[3 * plane];
        for (var i = 0; i < plane; i++)
        {
            for (var c = 0; c < 3; c++)
            {
                values[c * plane + i] = prepared.Pixels[i * 3 + c] / 255f;
            }
        }

        return new PixelValues(3, prepared.Height, prepared.Width, values);
    }

    /// <remarks>In single precision, after rounding the rescaled value to it.</remarks>
    public PixelValues Normalize(PixelValues unit)
    {
        var plane = unit.Width * unit.Height;
        var values = new float[unit.Values.Length];
        for (var c = 0; c < unit.Channels; c++)
        {
            var (mean, std) = ((float)Config.Mean[c], (float)Config.Std[c]);
            for (var i = c * plane; i < (c + 1) * plane; i++)
            {
                values[i] = (unit.Values[i] - mean) / std;
            }
        }

        return unit with { Values = values };
    }

    /// <summary>The 8-bit picture just before rescaling: <c>[height, width, 3]</c>.</summary>
    public RgbImage Prepare(RgbImage image)
    {
        var source = Config.PadToSquare ? PadToSquare(image) : image;
        var (width, height) = TargetSize(source.Width, source.Height);
        if (Config.Crop is not { } crop)
        {
            return (long)width * height > ImageFile.MaxPixels
                ? throw new FoveaException($"an image of {image.Width} x {image.Height} pixels would become {width} x {height}; crop it or drop the sample")
                : PillowResize.Resize(source, width, height, Config.Filter);
        }

        return CropMiddle(source, width, height, crop.Width, crop.Height);
    }

    private (int Width, int Height) TargetSize(int width, int height)
    {
        if (Config.PatchSize is { } patch)
        {
            return ImageGeometry.Solo(width, height, patch, Config.LongestEdge);
        }

        if (Config.ShortestEdge is { } shortest && (long)shortest * Math.Max(width, height) / Math.Min(width, height) > int.MaxValue)
        {
            throw new FoveaException($"an image of {width} x {height} pixels is too thin to be resized; crop it or drop the sample");
        }

        return Config.ShortestEdge is { } edge ? ImageGeometry.ShortestEdge(width, height, edge) : Config.ResizeTo ?? (width, height);
    }

    /// <summary>Resizes and cuts from the middle; where the crop is larger, the picture is in the middle of black.</summary>
    private RgbImage CropMiddle(RgbImage source, int width, int height, int cropWidth, int cropHeight)
    {
        var (left, top) = (ImageGeometry.Middle(width, cropWidth), ImageGeometry.Middle(height, cropHeight));
        var (fromX, fromY) = (Math.Max(left, 0), Math.Max(top, 0));
        var window = new PixelWindow(fromX, fromY, Math.Min(left + cropWidth, width) - fromX, Math.Min(top + cropHeight, height) - fromY);
        var part = PillowResize.Resize(source, width, height, Config.Filter, window);
        return part.Width == cropWidth && part.Height == cropHeight
            ? part
            : Paste(part, cropWidth, cropHeight, Math.Max(-left, 0), Math.Max(-top, 0), [0, 0, 0]);
    }

    private RgbImage PadToSquare(RgbImage image)
    {
        var side = Math.Max(image.Width, image.Height);
        if ((long)side * side > ImageFile.MaxPixels)
        {
            throw new FoveaException($"an image of {image.Width} x {image.Height} pixels is too long to be padded to a square; crop it or drop the sample");
        }

        return image.Width == image.Height
            ? image
            : Paste(image, side, side, ImageGeometry.Middle(side, image.Width), ImageGeometry.Middle(side, image.Height),
                [.. Config.Mean.Select(m => (byte)Math.Floor(255 * m))]);
    }

    private static RgbImage Paste(RgbImage image, int width, int height, int left, int top, ReadOnlySpan<byte> colour)
    {
        var pixels = new byte[width * height * 3];
        for (var i = 0; i < pixels.Length; i += 3)
        {
            colour.CopyTo(pixels.AsSpan(i));
        }

        for (var y = 0; y < image.Height; y++)
        {
            image.Pixels.AsSpan(y * image.Width * 3, image.Width * 3).CopyTo(pixels.AsSpan(((top + y) * width + left) * 3));
        }

        return new RgbImage(width, height, pixels);
    }
}
