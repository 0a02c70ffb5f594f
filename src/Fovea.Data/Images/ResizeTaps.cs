namespace Fovea.Data.Images;

/// <summary>Filters of <see cref="PillowResize"/>, with the numbers that Pillow and <c>preprocessor_config.json</c> have for them.</summary>
public enum ResizeFilter
{
    /// <summary>The pixel under the middle of the new one; nothing is averaged.</summary>
    Nearest = 0,

    /// <summary>Three lobes.</summary>
    Lanczos = 1,

    /// <summary>A triangle.</summary>
    Bilinear = 2,

    /// <summary>Cubic, a = -0.5.</summary>
    Bicubic = 3,

    /// <summary>The mean of the pixels covered.</summary>
    Box = 4,

    /// <summary>A sinc of one lobe in a Hamming window.</summary>
    Hamming = 5,
}

/// <summary>For each wanted place along one axis of the result: where its input begins, and weights in 22-bit fixed point.</summary>
internal sealed class ResizeTaps
{
    private const int PrecisionBits = 22;
    private readonly int[] _weights;
    private readonly int[] _counts;

    private ResizeTaps(int count, int most, bool isCopy)
    {
        (Starts, _counts, _weights, Most, IsCopy) = (new int[count], new int[count], new int[(long)count * most], most, isCopy);
    }

    /// <summary>What rounds a sum: half of one level.</summary>
    public static int Half => 1 << (PrecisionBits - 1);

    public int Count => Starts.Length;

    /// <summary>The most input that one place reads.</summary>
    public int Most { get; }

    /// <summary>Whether every place reads one input as it is.</summary>
    public bool IsCopy { get; }

    /// <summary>First input by place, ascending: <c>[count]</c>.</summary>
    public int[] Starts { get; }

    /// <summary>Weights of the input from <see cref="Starts"/> on.</summary>
    public ReadOnlySpan<int> WeightsOf(int i) => _weights.AsSpan(i * Most, _counts[i]);

    /// <summary>A sum as a level.</summary>
    public static byte Clip(int sum) => (byte)Math.Clamp(sum >> PrecisionBits, 0, 255);

    /// <summary>Places <c>[first, first + count)</c> of an axis of <paramref name="size"/> pixels resized to <paramref name="newSize"/>.</summary>
    public static ResizeTaps Of(int size, int newSize, ResizeFilter filter, int first, int count)
    {
        if (size == newSize || filter == ResizeFilter.Nearest)
        {
            return Copying(size, newSize, first, count);
        }

        var scale = (double)size / newSize;
        var stretch = Math.Max(scale, 1.0);
        var support = Support(filter) * stretch;
        var most = (int)Math.Ceiling(support) * 2 + 1;
        if ((long)count * most > ImageFile.MaxPixels)
        {
            throw new FoveaException($"a picture of {size} pixels along one side cannot be resized to {newSize}; crop it or drop the sample");
        }

        var taps = new ResizeTaps(count, most, isCopy: false);
        var raw = new double[taps.Most];
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

            (taps.Starts[i], taps._counts[i]) = (start, n);
            for (var k = 0; k < n; k++)
            {
                var weight = sum == 0 ? raw[k] : raw[k] * (1.0 / sum);
                taps._weights[i * taps.Most + k] = (int)(weight * (1 << PrecisionBits) + (weight < 0 ? -0.5 : 0.5));
            }
        }

        return taps;
    }

    /// <summary>Pillow steps by adding the scale, so that rounding decides the same pixels.</summary>
    private static ResizeTaps Copying(int size, int newSize, int first, int count)
    {
        var taps = new ResizeTaps(count, 1, isCopy: true);
        var scale = (double)size / newSize;
        var at = scale * 0.5;
        for (var i = 0; i < first + count; i++)
        {
            if (i >= first)
            {
                (taps.Starts[i - first], taps._counts[i - first], taps._weights[(i - first) * taps.Most]) = (Math.Min((int)at, size - 1), 1, 1);
            }

            at += scale;
        }

        return taps;
    }

    private static double Support(ResizeFilter filter) =>
        filter switch { ResizeFilter.Lanczos => 3, ResizeFilter.Bicubic => 2, ResizeFilter.Box => 0.5, _ => 1 };

    private static double Weight(ResizeFilter filter, double x) => filter switch
    {
        ResizeFilter.Lanczos => x is >= -3 and < 3 ? Sinc(x) * Sinc(x / 3) : 0,
        ResizeFilter.Bicubic => Cubic(Math.Abs(x)),
        ResizeFilter.Box => x is > -0.5 and <= 0.5 ? 1 : 0,
        ResizeFilter.Hamming => Hamming(Math.Abs(x)),
        _ => Math.Max(0, 1 - Math.Abs(x)),
    };

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(x * Math.PI) / (x * Math.PI);

    private static double Hamming(double x)
    {
        if (x is 0 or >= 1)
        {
            return x == 0 ? 1 : 0;
        }

        // Pillow has these two constants in single precision.
        x *= Math.PI;
        return Math.Sin(x) / x * (0.54f + (0.46f * Math.Cos(x)));
    }

    private static double Cubic(double x)
    {
        const double A = -0.5;
        return x < 1 ? ((A + 2) * x - (A + 3)) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
    }
}
