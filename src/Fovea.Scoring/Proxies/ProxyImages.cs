using Fovea.Core.Errors;
using Fovea.Core.Randomness;
using Fovea.Core.Samples;
using Fovea.Data.Images;

namespace Fovea.Scoring.Proxies;

/// <summary>Makes the images that a visionless condition shows instead of a sample's own.</summary>
internal sealed class ProxyImages(ImageLoader loader, GaussianBlurFilter blur, long seed, IReadOnlyDictionary<SampleKey, Sample>? others)
{
    /// <summary>Normalised replacements, as many as the sample has images: each <c>[3, height, width]</c>; empty for <see cref="ProxyKind.None"/>.</summary>
    /// <param name="proxy">Which.</param>
    /// <param name="sample">Whose images are replaced.</param>
    /// <param name="unit">Its images in [0, 1].</param>
    public IReadOnlyList<PixelValues> Of(VisionlessProxy proxy, TokenizedSample sample, IReadOnlyList<PixelValues> unit) => proxy.Kind switch
    {
        ProxyKind.None => [],
        ProxyKind.Blur => Each(unit, u => loader.Processor.Normalize(blur(u, proxy.SigmaPixels ?? Math.Min(u.Height, u.Width) / 4.0))),
        ProxyKind.Black => Each(unit, u => loader.Processor.Normalize(Zeros(u))),
        ProxyKind.Mean => Each(unit, Zeros),
        ProxyKind.Noise => Noise(sample, unit),
        ProxyKind.Other => Others(sample, unit.Count),
        _ => throw new ArgumentOutOfRangeException(nameof(proxy), proxy.Kind, "no such proxy"),
    };

    private static PixelValues[] Each(IReadOnlyList<PixelValues> images, Func<PixelValues, PixelValues> make) => [.. images.Select(make)];

    private static PixelValues Zeros(PixelValues like) => like with { Values = new float[like.Values.Length] };

    private PixelValues[] Noise(TokenizedSample sample, IReadOnlyList<PixelValues> unit)
    {
        var random = new RandomSource(seed, "score/noise/" + sample.Key.Source, sample.Key.Record);
        return Each(unit, u =>
        {
            var noise = Zeros(u);
            for (var i = 0; i < noise.Values.Length; i++)
            {
                noise.Values[i] = (float)random.NextGaussian();
            }

            return noise;
        });
    }

    // A donor with fewer images gives them in turn.
    private PixelValues[] Others(TokenizedSample sample, int count)
    {
        var donor = others![sample.Key];
        var images = ImagesOf(donor, sample);
        return [.. Enumerable.Range(0, count).Select(i => images[i % images.Count])];
    }

    // The donor's fault makes the sample unscorable, and is not the sample's.
    private IReadOnlyList<PixelValues> ImagesOf(Sample donor, TokenizedSample sample)
    {
        try
        {
            return loader.Normalized(sample with { Key = donor.Key, Id = donor.Id, Images = donor.Images });
        }
        catch (InvalidInputException e)
        {
            throw new InvalidInputException(sample.Key.Source, sample.Key.Record, $"other_image: {donor.Key}, whose image is shown in place of its own, cannot be used: {e.Reason}", e);
        }
    }
}

/// <summary>Blurs an image in [0, 1] with a Gaussian of <paramref name="sigmaPixels"/>: <c>[3, height, width]</c> to the same.</summary>
public delegate PixelValues GaussianBlurFilter(PixelValues unit, double sigmaPixels);
