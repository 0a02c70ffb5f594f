using System.Numerics;

namespace Fovea.Data.Images;

/// <summary>
/// VIG's visionless picture (section 3): a Gaussian over the picture that the model would read, one axis after the other, in double
/// precision, borders reflected without repeating the edge pixel. An axis of side n takes k = min(2 ceil(3 sigma) + 1, 2 n - 1) samples of exp(-x^2
/// / (2 sigma^2)), normalised.
/// </summary>
public static class GaussianBlur
{
    /// <summary>Blurs <c>[channels, height, width]</c> in [0, 1] with a standard deviation of <paramref name="sigma"/> pixels.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Sigma is not positive and finite.</exception>
    public static PixelValues Apply(PixelValues unit, double sigma)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sigma);
        ArgumentOutOfRangeException.ThrowIfEqual(double.IsFinite(sigma), false, nameof(sigma));
        var (height, width) = (unit.Height, unit.Width);
        var (down, across) = (Kernel(sigma, height), Kernel(sigma, width));
        var result = new float[unit.Values.Length];
        var plane = new double[height * width];
        for (var c = 0; c < unit.Channels; c++)
        {
            var at = c * plane.Length;
            for (var i = 0; i < plane.Length; i++)
            {
                plane[i] = unit.Values[at + i];
            }

            var turned = Transpose(Down(plane, height, width, down), height, width);
            var blurred = Transpose(Down(turned, width, height, across), width, height);
            for (var i = 0; i < blurred.Length; i++)
            {
                result[at + i] = (float)blurred[i];
            }
        }

        return unit with { Values = result };
    }

    /// <summary>Number of samples along an axis of <paramref name="side"/> pixels.</summary>
    public static int KernelSize(double sigma, int side) => (int)Math.Min(2 * Math.Ceiling(3 * sigma) + 1, 2.0 * side - 1);

    private static double[] Kernel(double sigma, int side)
    {
        var kernel = new double[KernelSize(sigma, side)];
        var half = kernel.Length / 2;
        for (var i = 0; i < kernel.Length; i++)
        {
            kernel[i] = Math.Exp(-(double)(i - half) * (i - half) / (2 * sigma * sigma));
        }

        var sum = kernel.Sum();
        return Array.ConvertAll(kernel, w => w / sum);
    }

    /// <summary>Convolves the columns of <c>[height, width]</c>, whole rows at a time.</summary>
    private static double[] Down(double[] plane, int height, int width, double[] kernel)
    {
        var result = new double[plane.Length];
        var half = kernel.Length / 2;
        for (var y = 0; y < height; y++)
        {
            var target = result.AsSpan(y * width, width);
            var k = 0;
            for (; k + 4 <= kernel.Length; k += 4)
            {
                AddScaled(target, Row(y + k), Row(y + k + 1), Row(y + k + 2), Row(y + k + 3), kernel.AsSpan(k, 4));
            }

            for (; k < kernel.Length; k++)
            {
                AddScaled(target, Row(y + k), kernel[k]);
            }
        }

        return result;

        ReadOnlySpan<double> Row(int at) => plane.AsSpan(Reflect(at - half, height) * width, width);
    }

    /// <summary>target += sum of four rows, each times its weight: one reading and writing of the target for four rows.</summary>
    private static void AddScaled(
        Span<double> target, ReadOnlySpan<double> a, ReadOnlySpan<double> b, ReadOnlySpan<double> c, ReadOnlySpan<double> d, ReadOnlySpan<double> weights)
    {
        var (wa, wb, wc, wd) = (new Vector<double>(weights[0]), new Vector<double>(weights[1]), new Vector<double>(weights[2]), new Vector<double>(weights[3]));
        var i = 0;
        for (; i <= target.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            var sum = new Vector<double>(target[i..]) + wa * new Vector<double>(a[i..]) + wb * new Vector<double>(b[i..]);
            (sum + wc * new Vector<double>(c[i..]) + wd * new Vector<double>(d[i..])).CopyTo(target[i..]);
        }

        for (; i < target.Length; i++)
        {
            target[i] += weights[0] * a[i] + weights[1] * b[i] + weights[2] * c[i] + weights[3] * d[i];
        }
    }

    private static void AddScaled(Span<double> target, ReadOnlySpan<double> source, double weight)
    {
        for (var i = 0; i < target.Length; i++)
        {
            target[i] += weight * source[i];
        }
    }

    /// <summary>The place mirrored back into [0, side); at most one reflection is needed, since a kernel has at most 2 side - 1 samples.</summary>
    private static int Reflect(int at, int side) => at < 0 ? -at : at >= side ? 2 * (side - 1) - at : at;

    private static double[] Transpose(double[] plane, int height, int width)
    {
        const int Tile = 16;
        var result = new double[plane.Length];
        for (var top = 0; top < height; top += Tile)
        {
            for (var left = 0; left < width; left += Tile)
            {
                for (var y = top; y < Math.Min(top + Tile, height); y++)
                {
                    for (var x = left; x < Math.Min(left + Tile, width); x++)
                    {
                        result[x * height + y] = plane[y * width + x];
                    }
                }
            }
        }

        return result;
    }
}
