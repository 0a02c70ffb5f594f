using Fovea.Data.Images;

namespace Fovea.Scoring.Proxies;

/// <summary>Makes the images that a visionless condition shows instead of a sample's own.</summary>
internal sealed class ProxyImages(ImageLoader loader, long seed, IReadOnlyDictionary<SampleKey, Sample>? others)
{
    /// <summary>Normalised replacements: each <c>[3, height, width]</c>.</summary>
    /// <param name="proxy">Which.</param>
    /// <param name="sample">Whose images are replaced.</param>
    /// <param name="unit">Its images in [0, 1].</param>
    public IReadOnlyList<PixelValues> Of(VisionlessProxy proxy, TokenizedSample sample, IReadOnlyList<PixelValues> unit) =>
        proxy.Replace(new ProxyInput(sample, unit, loader.Processor, seed, () => Donor(sample)));

    private IReadOnlyList<PixelValues> Donor(TokenizedSample sample)
    {
        var donor = others?[sample.Key] ?? throw new InvalidOperationException("a proxy that shows other samples' images says so in ShowsOthers");

        // The donor's fault makes the sample unscorable, and is not the sample's.
        try
        {
            return loader.Normalized(sample with { Key = donor.Key, Id = donor.Id, Images = donor.Images });
        }
        catch (InvalidInputException e)
        {
            throw new InvalidInputException(sample.Key.Source, sample.Key.Record,
                $"other_image: {donor.Key}, whose image is shown in place of its own, cannot be used: {e.Reason}", e);
        }
    }
}
