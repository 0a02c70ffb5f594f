namespace Fovea.Core.Samples;

/// <summary>An 8-bit RGB picture, rows from top to bottom, three bytes per pixel: <c>[height, width, 3]</c>.</summary>
public sealed record RgbImage(int Width, int Height, byte[] Pixels);

/// <summary>Float values of one image: <c>[channels, height, width]</c>, row-major.</summary>
public sealed record PixelValues(int Channels, int Height, int Width, float[] Values);

/// <summary>Turns a picture into what a model reads, in two steps so that a visionless proxy can work between them.</summary>
public interface IImageProcessor
{
    /// <summary>Pads, resizes and crops as the model asks, and rescales to [0, 1]: <c>[3, height, width]</c>.</summary>
    PixelValues Rescale(RgbImage image);

    /// <summary>(value - mean) / std by channel: <c>[3, height, width]</c>.</summary>
    PixelValues Normalize(PixelValues unit);
}
