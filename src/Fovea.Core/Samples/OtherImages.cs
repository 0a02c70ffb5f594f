using Fovea.Core.Errors;
using Fovea.Core.Randomness;

namespace Fovea.Core.Samples;

/// <summary>
/// Gives each sample with an image another one, with which it shares no image. Samples are put in a random order of their first
/// images and shifted by the size of the largest group with one first image, so that each donates once (a derangement); only a sample with several images
/// may shift further to avoid its own. With one sample per image this is a random cycle through all images.
/// </summary>
public static class OtherImages
{
    /// <summary>By sample, the sample whose images are shown instead of its own.</summary>
    /// <param name="samples">Each with at least one image; keys are unique.</param>
    /// <param name="random">Draws the order.</param>
    /// <exception cref="FoveaException">One image belongs to more than half of the samples, so that there is no such assignment.</exception>
    public static IReadOnlyDictionary<SampleKey, Sample> Assign(IReadOnlyList<Sample> samples, RandomSource random)
    {
        var keys = new ImageKeys();
        var shown = samples.Select(s => new Shown(s, [.. keys.Of(s)])).ToArray();
        var groups = shown.GroupBy(s => s.Images[0]).Select(g => g.ToArray()).ToArray();
        var largest = groups.Select(g => g.Length).DefaultIfEmpty(0).Max();
        if (2 * largest > shown.Length)
        {
            var name = Array.Find(groups, g => g.Length == largest)![0].Sample.Images[0];
            throw new FoveaException($"another image: {largest} of {shown.Length} samples share the image {name}, so that not every sample can be shown "
                + $"another one; use another proxy");
        }

        var order = random.Permutation(groups.Length).SelectMany(g => groups[g]).ToArray();
        return Enumerable.Range(0, order.Length).ToDictionary(i => order[i].Sample.Key, i => Donor(order, i, largest));
    }

    private static Sample Donor(Shown[] order, int at, int shift)
    {
        for (var step = shift; step < order.Length; step++)
        {
            var donor = order[(at + step) % order.Length];
            if (!Array.Exists(donor.Images, image => Array.IndexOf(order[at].Images, image) >= 0))
            {
                return donor.Sample;
            }
        }

        var key = order[at].Sample.Key;
        throw new InvalidInputException(key.Source, key.Record, "another image: every other sample shows one of its images; use another proxy");
    }

    private sealed record Shown(Sample Sample, ImageKey[] Images);
}
