using System.Globalization;
using Fovea.Core.Errors;
using Fovea.Core.Scores;

namespace Fovea.Scoring.Proxies;

/// <summary>How the image is made uninformative.</summary>
public enum ProxyKind
{
    /// <summary>Gaussian blur of the model's input image, before normalising (the paper's proxy).</summary>
    Blur,

    /// <summary>No image tokens at all, text unchanged.</summary>
    None,

    /// <summary>0 before normalising.</summary>
    Black,

    /// <summary>0 after normalising: the mean colour.</summary>
    Mean,

    /// <summary>Standard normal after normalising.</summary>
    Noise,

    /// <summary>Another sample's image.</summary>
    Other,
}

/// <summary>A visionless proxy (arXiv 2602.17186, metric).</summary>
/// <param name="Kind">What is done to the image.</param>
/// <param name="SigmaPixels">Blur only: standard deviation in pixels of the model's input image; null for a quarter of its shorter side.</param>
public sealed record VisionlessProxy(ProxyKind Kind, double? SigmaPixels = null)
{
    private const string BlurPrefix = "blur@";
    private const double MaxSigmaPixels = 1 << 14;

    /// <summary>Name in the condition: <c>blur7.5</c>, <c>blur</c> (a quarter of the side), <c>none</c>, <c>black</c>, <c>mean</c>, <c>noise</c>, <c>other</c>.</summary>
    public string Name => Kind == ProxyKind.Blur && SigmaPixels is { } sigma
        ? "blur" + sigma.ToString("R", CultureInfo.InvariantCulture)
        : Kind.ToString().ToLowerInvariant();

    /// <summary>The condition its scores are stored under.</summary>
    public string Condition => Conditions.Visionless(Name);

    /// <summary>Names of proxies, of which the bare <c>blur</c> has the sigma that is given beside them.</summary>
    /// <exception cref="UsageException">A sigma is given, and no bare blur.</exception>
    public static string[] WithSigma(string[] names, double? sigma) => sigma is null ? names
        : names.Contains("blur") ? Array.ConvertAll(names, n => n == "blur" ? string.Create(CultureInfo.InvariantCulture, $"{BlurPrefix}{sigma}") : n)
        : throw new UsageException($"--sigma applies to the blur; give it with --proxy blur, not with {string.Join(", ", names)}");

    /// <summary>The condition that a proxy's name means; the name of a condition remains as it is.</summary>
    /// <exception cref="UsageException">It is neither.</exception>
    public static string ConditionOf(string proxyOrCondition) =>
        proxyOrCondition == Conditions.TextOnlyReference || proxyOrCondition.StartsWith(Conditions.Visionless(""), StringComparison.Ordinal) ? proxyOrCondition : Parse(proxyOrCondition).Condition;

    /// <summary>Reads <c>blur</c>, <c>blur@7.5</c>, <c>none</c>, <c>black</c>, <c>mean</c>, <c>noise</c> or <c>other</c>.</summary>
    /// <exception cref="UsageException">It is none of these, or sigma is not a positive number of pixels.</exception>
    public static VisionlessProxy Parse(string text)
    {
        if (text.StartsWith(BlurPrefix, StringComparison.Ordinal))
        {
            return double.TryParse(text.AsSpan(BlurPrefix.Length), NumberStyles.Float, CultureInfo.InvariantCulture, out var sigma) && sigma is > 0 and <= MaxSigmaPixels
                ? new VisionlessProxy(ProxyKind.Blur, sigma)
                : throw new UsageException($"proxy {text}: expected blur@ and a sigma of more than 0 pixels, e.g. blur@7.5");
        }

        foreach (var kind in Enum.GetValues<ProxyKind>())
        {
            if (new VisionlessProxy(kind) is var proxy && proxy.Name == text)
            {
                return proxy;
            }
        }

        throw new UsageException($"proxy {text}: expected blur, blur@SIGMA, none, black, mean, noise or other");
    }
}
