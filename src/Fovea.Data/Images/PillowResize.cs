using Fovea.Core.Samples;

namespace Fovea.Data.Images;

/// <summary>Filters of <see cref="PillowResize"/>, with the numbers that <c>preprocessor_config.json</c> has for them.</summary>
public enum ResizeFilter
{
    /// <summary>Three lobes.</summary>
    Lanczos = 1,

    /// <summary>A triangle.</summary>
    Bilinear = 2,

    /// <summary>Cubic, a = -0.5.</summary>
    Bicubic = 3,
}

/// <summary>A part of a picture: columns <c>[Left, Left + Width)</c>, rows <c>[Top, Top + Height)</c>.</summary>
public readonly record struct PixelWindow(int Left, int Top, int Width, int Height);

/// <summary>
/// Antialiased resizing as Pillow does it, bit for bit: the horizontal pass first (all Pillow releases to 12.2, and torchvision), the picture between the passes rounded
/// and clipped to 8 bits, weights in 22-bit fixed point. An axis whose size stays is not resampled.
/// </summary>
public static class PillowResize
{
    private const int PrecisionBits = 22;

    /// <summary>Resizes to <paramref name="width"/> x <paramref name="height"/> and returns <paramref name="window"/> of the result (all of it by default); only that part is computed.</summary>
    public static RgbImage Resize(RgbImage image, int width, int height, ResizeFilter filter, PixelWindow? window = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        var part = window ?? new PixelWindow(0, 0, width, height);
        if (part.Left < 0 || part.Top < 0 || part.Width <= 0 || part.Height <= 0 || part.Left + part.Width > width || part.Top + part.Height > height)
        {
            throw new ArgumentOutOfRangeException(nameof(window), part, $"the window leaves the picture of {width} x {height}");
        }

        var rows = Taps.Of(image.Height, height, filter, part.Top, part.Height);
        var columns = Taps.Of(image.Width, width, filter, part.Left, part.Width);
        var (firstRow, lastRow) = (rows.Starts[0], rows.Starts[^1] + rows.Counts[^1]);
        var between = Horizontal(image, columns, firstRow, lastRow - firstRow);
        return new RgbImage(part.Width, part.Height, Vertical(between, part.Width, rows, firstRow));
    }

    private static byte[] Horizontal(RgbImage image, Taps taps, int firstRow, int rowCount)
    {
        var width = taps.Starts.Length;
        var result = new byte[(long)width * rowCount * 3];
        for (var y = 0; y < rowCount; y++)
        {
            var source = image.Pixels.AsSpan((firstRow + y) * image.Width * 3, image.Width * 3);
            var target = result.AsSpan(y * width * 3, width * 3);
            for (var x = 0; x < width; x++)
            {
                var weights = taps.WeightsOf(x);
                var at = taps.Starts[x] * 3;
                int red = taps.Half, green = taps.Half, blue = taps.Half;
                foreach (var w in weights)
                {
                    red += source[at] * w;
                    green += source[at + 1] * w;
                    blue += source[at + 2] * w;
                    at += 3;
                }

                (target[x * 3], target[x * 3 + 1], target[x * 3 + 2]) = (taps.Clip(red), taps.Clip(green), taps.Clip(blue));
            }
        }

        return result;
    }

    private static byte[] Vertical(byte[] between, int width, Taps taps, int firstRow)
    {
        var stride = width * 3;
        var result = new byte[(long)stride * taps.Starts.Length];
        var sums = new int[stride];
        for (var y = 0; y < taps.Starts.Length; y++)
        {
            Array.Fill(sums, taps.Half);
            var at = (taps.Starts[y] - firstRow) * stride;
            foreach (var w in taps.WeightsOf(y))
            {
                var row = between.AsSpan(at, stride);
                for (var i = 0; i < row.Length; i++)
                {
                    sums[i] += row[i] * w;
                }

                at += stride;
            }

            for (var i = 0; i < stride; i++)
            {
                result[y * stride + i] = taps.Clip(sums[i]);
            }
        }

        return result;
    }

    /// <summary>For each wanted output place: where its input begins, and fixed-point weights.</summary>
    private sealed class Taps
    {
        private readonly int[] _weights;
        private readonly int _most;
        private readonly int _bits;

        private Taps(int count, int most, int bits)
        {
            (Starts, Counts, _weights, _most, _bits) = (new int[count], new int[count], new int[(long)count * most], most, bits);
        }

        public int[] Starts { get; }

        public int[] Counts { get; }

        public int Half => _bits == 0 ? 0 : 1 << (_bits - 1);

        public ReadOnlySpan<int> WeightsOf(int i) => _weights.AsSpan(i * _most, Counts[i]);

        public byte Clip(int sum) => (byte)Math.Clamp(sum >> _bits, 0, 255);

        public static Taps Of(int size, int newSize, ResizeFilter filter, int first, int count)
        {
            if (size == newSize)
            {
                var same = new Taps(count, 1, 0);
                for (var i = 0; i < count; i++)
                {
                    (same.Starts[i], same.Counts[i], same._weights[i]) = (first + i, 1, 1);
                }

                return same;
            }

            var scale = (double)size / newSize;
            var stretch = Math.Max(scale, 1.0);
            var support = Support(filter) * stretch;
            var taps = new Taps(count, (int)Math.Ceiling(support) * 2 + 1, PrecisionBits);
            var raw = new double[taps._most];
            for (var i = 0; i < count; i++)
            {
                var centre = (first + i + 0.5) * scale;
                var start = Math.Max((int)(centre - support + 0.5), 0);
                var n = Math.Min((int)(centre + support + 0.5), size) - start;
                var sum = 0.0;
                for (var k = 0; k < n; k++)
                {
                    raw[k] = Weight(filter, (k + start - centre + 0.5) * (1.0 / stretch));
                    sum += raw[k];
                }

                (taps.Starts[i], taps.Counts[i]) = (start, n);
                for (var k = 0; k < n; k++)
                {
                    var weight = sum == 0 ? raw[k] : raw[k] * (1.0 / sum);
                    taps._weights[i * taps._most + k] = (int)(weight * (1 << PrecisionBits) + (weight < 0 ? -0.5 : 0.5));
                }
            }

            return taps;
        }

        private static double Support(ResizeFilter filter) => filter switch { ResizeFilter.Lanczos => 3, ResizeFilter.Bicubic => 2, _ => 1 };

        private static double Weight(ResizeFilter filter, double x) => filter switch
        {
            ResizeFilter.Lanczos => x is >= -3 and < 3 ? Sinc(x) * Sinc(x / 3) : 0,
            ResizeFilter.Bicubic => Cubic(Math.Abs(x)),
            _ => Math.Max(0, 1 - Math.Abs(x)),
        };

        private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(x * Math.PI) / (x * Math.PI);

        private static double Cubic(double x)
        {
            const double A = -0.5;
            return x < 1 ? ((A + 2) * x - (A + 3)) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
        }
    }
}
