using System.Collections.Concurrent;

namespace Fovea.Data.Images;

/// <summary>SHA-256 over the bytes of a sample's image files; each file is read once. Thread-safe.</summary>
/// <param name="corpus">Finds them.</param>
/// <param name="hasher">Reads them.</param>
public sealed class ImageHashes(ICorpus corpus, InputHasher hasher)
{
    private readonly ConcurrentDictionary<(string Source, string Name), string> _known = new();

    /// <summary>The sample's hash; null without images.</summary>
    /// <exception cref="InvalidInputException">An image is missing, leaves its folder or cannot be read.</exception>
    public string? Of(TokenizedSample sample)
    {
        if (sample.Images.Count == 0)
        {
            return null;
        }

        var hashes = sample.Images.Select(i => _known.GetOrAdd((sample.Key.Source, i), _ => Hash(sample, i))).ToArray();
        return hashes.Length == 1 ? hashes[0] : ContentHash.OfText(string.Join('\n', hashes));
    }

    private string Hash(TokenizedSample sample, string image)
    {
        try
        {
            return hasher.OfFile(corpus.ImagePath(sample.Key, image), RegularFile.MaxImage);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(sample.Key.Source, sample.Key.Record, UnusableImage.Reason(image, $"cannot be read ({e.Message})"), e);
        }
    }
}
