using System.Collections.Concurrent;
using Fovea.Data.Images;

namespace Fovea.Data.Corpora;

/// <summary>A corpus whose records are in one file and whose images are in one folder.</summary>
public abstract class FileCorpus : ICorpus
{
    private readonly ImageFolder _images;
    private readonly ConcurrentDictionary<string, bool> _found = new(StringComparer.Ordinal);

    private protected FileCorpus(string file, ImageFolder images, IReadOnlyList<Sample> samples, IReadOnlyList<InvalidRecord> invalid)
    {
        File = file;
        _images = images;
        Samples = samples;
        Invalid = invalid;
    }

    /// <summary>The file of records.</summary>
    public string File { get; }

    public IReadOnlyList<Sample> Samples { get; }

    /// <summary>The records left out, in file order.</summary>
    public IReadOnlyList<InvalidRecord> Invalid { get; }

    /// <summary>Full path of an image that a sample names.</summary>
    /// <exception cref="InvalidInputException">It is missing or leaves the image folder.</exception>
    public string ImagePath(Sample sample, int index) => ImagePath(sample.Key, sample.Images[index]);

    public string ImagePath(SampleKey key, string image) => _images.Find(image, File, key.Record);

    public RgbImage LoadImage(Sample sample, int index)
    {
        var path = ImagePath(sample, index);
        try
        {
            return ImageFile.Decode(path);
        }
        catch (InvalidInputException e)
        {
            throw new InvalidInputException(File, sample.Key.Record, UnusableImage.Reason(sample.Images[index], e.Reason), e);
        }
    }

    public void FindImages(Sample sample)
    {
        for (var i = 0; i < sample.Images.Count; i++)
        {
            if (!_found.ContainsKey(sample.Images[i]))
            {
                ImagePath(sample, i);
                _found[sample.Images[i]] = true;
            }
        }
    }
}
