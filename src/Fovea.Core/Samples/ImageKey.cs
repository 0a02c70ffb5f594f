using System.Collections.Concurrent;

namespace Fovea.Core.Samples;

/// <summary>
/// Which picture a name means: the canonical path of its file, absolute and without symbolic links. Names below two folders are one picture if they lead to one file,
/// and two if they only look alike (docs/decisions/0021). For comparisons in memory; never written to disk, where it would not survive a move.
/// </summary>
/// <param name="Path">The canonical path.</param>
public readonly record struct ImageKey(string Path);

/// <summary>Finds the keys of samples' images: one look at the disk for each image, folders are remembered. Images need not exist. Thread-safe.</summary>
public sealed class ImageKeys
{
    private const int MostLinks = 40;
    private readonly ConcurrentDictionary<string, string> _folders = new(StringComparer.Ordinal);

    /// <summary>Keys of a sample's images, in the order of their names.</summary>
    public IEnumerable<ImageKey> Of(Sample sample) => Enumerable.Range(0, sample.Images.Count).Select(i => Of(sample, i));

    /// <summary>Key of one image.</summary>
    public ImageKey Of(Sample sample, int index)
    {
        var links = 0;
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Combine(sample.ImageRoot, sample.Images[index])));
        return new ImageKey(Follow(path, ref links));
    }

    // Links are counted over the whole path, as the system does, so that neither a loop nor a tangle of them takes long.
    private string Follow(string path, ref int links)
    {
        if (Path.GetDirectoryName(path) is not { } parent)
        {
            return path;
        }

        if (!_folders.TryGetValue(parent, out var folder))
        {
            folder = Follow(parent, ref links);
            _folders[parent] = folder;
        }

        var at = Path.Combine(folder, Path.GetFileName(path));
        return links < MostLinks && new FileInfo(at).LinkTarget is { } target && ++links > 0
            ? Follow(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Combine(folder, target))), ref links)
            : at;
    }
}
