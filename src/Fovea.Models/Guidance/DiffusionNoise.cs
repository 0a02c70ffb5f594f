namespace Fovea.Models.Guidance;

/// <summary>
/// The forward diffusion process of VCD (arXiv 2311.16922): <c>sqrt(a) x + sqrt(1 - a) e</c>, <c>a</c> the cumulative product of <c>1 - b</c> up to and with
/// the step, <c>b</c> a sigmoid over 1,000 steps from 1e-5 to 0.005.
/// </summary>
public static class DiffusionNoise
{
    /// <summary>Steps that there are.</summary>
    public const int NumSteps = 1000;

    private const double First = -6, Last = 6, Least = 1e-5, Most = 0.5e-2;

    /// <summary>An image with noise.</summary>
    /// <param name="image">Normalised: <c>[3, height, width]</c>.</param>
    /// <param name="noise">Standard normal, one a value.</param>
    /// <param name="step">From 0 to <see cref="NumSteps"/> - 1.</param>
    public static PixelValues Add(PixelValues image, ReadOnlySpan<float> noise, int step)
    {
        var left = 1.0;
        for (var i = 0; i <= step; i++)
        {
            var sigmoid = 1 / (1 + Math.Exp(-(First + ((Last - First) * i / (NumSteps - 1)))));
            left *= 1 - ((sigmoid * (Most - Least)) + Least);
        }

        var (keep, add) = (Math.Sqrt(left), Math.Sqrt(1 - left));
        var values = new float[image.Values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)((keep * image.Values[i]) + (add * noise[i]));
        }

        return image with { Values = values };
    }
}
