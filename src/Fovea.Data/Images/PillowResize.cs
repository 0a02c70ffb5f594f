using System.Numerics;

namespace Fovea.Data.Images;

/// <summary>A part of a picture: columns <c>[Left, Left + Width)</c>, rows <c>[Top, Top + Height)</c>.</summary>
public readonly record struct PixelWindow(int Left, int Top, int Width, int Height);

/// <summary>
/// Antialiased resizing as Pillow does it, bit for bit: the horizontal pass first (all Pillow releases to 12.2, and torchvision), the
/// picture between the passes rounded and clipped to 8 bits, weights in 22-bit fixed point. An axis whose size stays is not resampled.
/// </summary>
public static class PillowResize
{
    /// <summary>
    /// Resizes to <paramref name="width"/> x <paramref name="height"/> and returns <paramref name="window"/> of the result (all of it by
    /// default); only that part is computed.
    /// </summary>
    public static RgbImage Resize(RgbImage image, int width, int height, ResizeFilter filter, PixelWindow? window = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        var part = window ?? new PixelWindow(0, 0, width, height);
        if (part.Left < 0 || part.Top < 0 || part.Width <= 0 || part.Height <= 0 || part.Left + part.Width > width || part.Top + part.Height > height)
        {
            throw new ArgumentOutOfRangeException(nameof(window), part, $"the window leaves the picture of {width} x {height}");
        }

        var rows = ResizeTaps.Of(image.Height, height, filter, part.Top, part.Height);
        var columns = ResizeTaps.Of(image.Width, width, filter, part.Left, part.Width);
        return new RgbImage(part.Width, part.Height, InTwoPasses(image, columns, rows));
    }

    /// <summary>Goes down the result; of the picture between the passes only the rows that one row of the result needs are kept, in a ring.</summary>
    private static byte[] InTwoPasses(RgbImage image, ResizeTaps columns, ResizeTaps rows)
    {
        var stride = columns.Count * 3;
        var result = new byte[(long)stride * rows.Count];
        var ring = new byte[(long)stride * rows.Most];
        var sums = new int[stride];
        var next = rows.Starts[0];
        for (var y = 0; y < rows.Count; y++)
        {
            var start = rows.Starts[y];
            var weights = rows.WeightsOf(y);
            for (next = Math.Max(next, start); next < start + weights.Length; next++)
            {
                Across(image.Pixels.AsSpan(next * image.Width * 3, image.Width * 3), columns, ring.AsSpan(next % rows.Most * stride, stride));
            }

            var target = result.AsSpan(y * stride, stride);
            if (rows.IsCopy)
            {
                ring.AsSpan(start % rows.Most * stride, stride).CopyTo(target);
                continue;
            }

            Array.Fill(sums, ResizeTaps.Half);
            for (var k = 0; k < weights.Length; k++)
            {
                AddScaled(sums, ring.AsSpan((start + k) % rows.Most * stride, stride), weights[k]);
            }

            for (var i = 0; i < stride; i++)
            {
                target[i] = ResizeTaps.Clip(sums[i]);
            }
        }

        return result;
    }

    private static void Across(ReadOnlySpan<byte> source, ResizeTaps taps, Span<byte> target)
    {
        for (var x = 0; x < taps.Count; x++)
        {
            var at = taps.Starts[x] * 3;
            if (taps.IsCopy)
            {
                source.Slice(at, 3).CopyTo(target[(x * 3)..]);
                continue;
            }

            int red = ResizeTaps.Half, green = ResizeTaps.Half, blue = ResizeTaps.Half;
            foreach (var w in taps.WeightsOf(x))
            {
                red += source[at] * w;
                green += source[at + 1] * w;
                blue += source[at + 2] * w;
                at += 3;
            }

            (target[x * 3], target[x * 3 + 1], target[x * 3 + 2]) = (ResizeTaps.Clip(red), ResizeTaps.Clip(green), ResizeTaps.Clip(blue));
        }
    }

    /// <summary>sums += row times weight.</summary>
    private static void AddScaled(Span<int> sums, ReadOnlySpan<byte> row, int weight)
    {
        var i = 0;
        for (; i <= sums.Length - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            Vector.Widen(new Vector<byte>(row[i..]), out var low, out var high);
            Vector.Widen(low, out var a, out var b);
            Vector.Widen(high, out var c, out var d);
            Add(sums, i, a, weight);
            Add(sums, i + Vector<int>.Count, b, weight);
            Add(sums, i + 2 * Vector<int>.Count, c, weight);
            Add(sums, i + 3 * Vector<int>.Count, d, weight);
        }

        for (; i < sums.Length; i++)
        {
            sums[i] += row[i] * weight;
        }
    }

    private static void Add(Span<int> sums, int at, Vector<uint> values, int weight) =>
        (new Vector<int>(sums[at..]) + Vector.AsVectorInt32(values) * weight).CopyTo(sums[at..]);
}
