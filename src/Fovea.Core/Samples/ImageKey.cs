using Fovea.Core.Files;

namespace Fovea.Core.Samples;

/// <summary>
/// Which picture a name means: the canonical path of its file, absolute and without symbolic links. Names below two folders are
/// one picture if they lead to one file, and two if they only look alike (docs/decisions/0021). For comparisons in memory; never written to disk,
/// where it would not survive a move. Pictures that are not files are known by their corpus and their name in it.
/// </summary>
/// <param name="Path">The canonical path; <c>corpus#name</c> where there is none.</param>
public readonly record struct ImageKey(string Path);

/// <summary>Finds the keys of samples' images: one look at the disk for each image, folders are remembered. Images need not exist. Thread-safe.</summary>
public sealed class ImageKeys
{
    private readonly RealPaths _paths = new();

    /// <summary>Keys of a sample's images, in the order of their names.</summary>
    public IEnumerable<ImageKey> Of(Sample sample) => Enumerable.Range(0, sample.Images.Count).Select(i => Of(sample, i));

    /// <summary>Key of one image.</summary>
    public ImageKey Of(Sample sample, int index)
    {
        if (sample.ImageRoot is not { } root)
        {
            return new ImageKey($"{sample.Key.Source}#{sample.Images[index]}");
        }

        var path = Path.Combine(root, sample.Images[index]);
        return new ImageKey(_paths.OfFile(path) ?? Path.GetFullPath(path));
    }
}
