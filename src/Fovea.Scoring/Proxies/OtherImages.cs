using Fovea.Core.Errors;
using Fovea.Core.Randomness;
using Fovea.Core.Samples;

namespace Fovea.Scoring.Proxies;

/// <summary>
/// Gives each sample with an image another one, with which it shares no image. Samples are put in a random order of their first images and shifted by the size of
/// the largest group with one first image, so that each donates once (a derangement); only a sample with several images may shift further to avoid its own.
/// </summary>
internal sealed class OtherImages
{
    private readonly Dictionary<SampleKey, SampleHead> _donors;

    private OtherImages(Dictionary<SampleKey, SampleHead> donors) => _donors = donors;

    /// <exception cref="FoveaException">One image belongs to more than half of the samples, so that there is no such assignment.</exception>
    public static OtherImages Assign(ScoringSource source, long seed)
    {
        var heads = Enumerable.Range(0, source.Count).Select(source.Head).Where(h => h.Images.Count > 0).ToList();
        var groups = heads.GroupBy(h => h.Images[0], StringComparer.Ordinal).Select(g => g.ToList()).ToList();
        var largest = groups.Select(g => g.Count).DefaultIfEmpty(0).Max();
        if (2 * largest > heads.Count)
        {
            throw new FoveaException(
                $"proxy other: {largest} of {heads.Count} samples share the image {groups.Find(g => g.Count == largest)![0].Images[0]}; no other image for each, use another proxy");
        }

        var order = new RandomSource(seed, "score/other").Permutation(groups.Count).SelectMany(g => groups[g]).ToArray();
        var donors = new Dictionary<SampleKey, SampleHead>(order.Length);
        for (var i = 0; i < order.Length; i++)
        {
            donors[order[i].Key] = Donor(order, i, largest);
        }

        return new OtherImages(donors);
    }

    /// <summary>Whose images stand in for the sample's.</summary>
    public SampleHead DonorOf(SampleKey key) => _donors[key];

    private static SampleHead Donor(SampleHead[] order, int at, int shift)
    {
        for (var step = shift; step < order.Length; step++)
        {
            var donor = order[(at + step) % order.Length];
            if (!donor.Images.Any(order[at].Images.Contains))
            {
                return donor;
            }
        }

        throw new InvalidInputException(order[at].Key.Source, order[at].Key.Record, "proxy other: no sample without any of its images; use another proxy");
    }
}
