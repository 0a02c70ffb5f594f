using Fovea.Data.Images;

namespace Fovea.Scoring.Proxies;

/// <summary>Gaussian blur of the model's input image, before normalising: the paper's proxy.</summary>
/// <param name="sigmaPixels">Standard deviation in pixels of the model's input image; null for a quarter of its shorter side.</param>
public sealed class BlurProxy(double? sigmaPixels) : VisionlessProxy
{
    private const double MaxSigmaPixels = 1 << 14;

    /// <summary>The proxy in the catalogue.</summary>
    public static ProxyDefinition Definition { get; } = new(
        "blur", "a Gaussian blur, the paper's; blur@SIGMA in pixels of the model's input, otherwise a quarter of its shorter side",
        argument => new BlurProxy(argument is null ? null : Sigma(argument)));

    public override string Name => "blur" + sigmaPixels?.ToString("R", CultureInfo.InvariantCulture);

    public override IReadOnlyList<PixelValues> Replace(ProxyInput input) =>
        [.. input.Unit.Select(u => input.Processor.Normalize(GaussianBlur.Apply(u, sigmaPixels ?? Math.Min(u.Height, u.Width) / 4.0)))];

    private static double Sigma(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var sigma) && sigma is > 0 and <= MaxSigmaPixels
            ? sigma
            : throw new UsageException($"proxy blur@{text}: expected blur@ and a sigma of more than 0 and at most {MaxSigmaPixels} pixels, e.g. blur@7.5");
}
