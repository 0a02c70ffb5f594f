using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Data.Images;

namespace Fovea.Data.Corpora;

/// <summary>A record that could not become a sample, and why (the reason begins with its name, e.g. <c>role_order</c>).</summary>
public sealed record InvalidRecord(SampleKey Key, string Reason);

/// <summary>A corpus whose records stand in one file and whose images lie in one folder.</summary>
public abstract class FileCorpus : ICorpus
{
    private readonly ImageFolder _images;

    private protected FileCorpus(string file, ImageFolder images, IReadOnlyList<Sample> samples, IReadOnlyList<InvalidRecord> invalid)
    {
        File = file;
        _images = images;
        Samples = samples;
        Invalid = invalid;
    }

    /// <summary>The file of records.</summary>
    public string File { get; }

    /// <inheritdoc/>
    public IReadOnlyList<Sample> Samples { get; }

    /// <summary>The records left out, in file order.</summary>
    public IReadOnlyList<InvalidRecord> Invalid { get; }

    /// <summary>Full path of an image that a sample names.</summary>
    /// <exception cref="InvalidInputException">It is missing or leaves the image folder.</exception>
    public string ImagePath(Sample sample, int index) => ImagePath(sample.Key, sample.Images[index]);

    /// <inheritdoc/>
    public string ImagePath(SampleKey key, string image) => _images.Find(image, File, key.Record);

    /// <inheritdoc/>
    public RgbImage LoadImage(Sample sample, int index) => ImageFile.Decode(ImagePath(sample, index));

    /// <summary>Looks for every image that a sample names, without decoding any.</summary>
    /// <exception cref="InvalidInputException">The first that is missing or leaves the image folder, with file and record.</exception>
    public void CheckImages()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var sample in Samples)
        {
            for (var i = 0; i < sample.Images.Count; i++)
            {
                if (seen.Add(sample.Images[i]))
                {
                    ImagePath(sample, i);
                }
            }
        }
    }
}

/// <summary>Counts records that cannot be used, and stops past a limit.</summary>
internal sealed class InvalidRecords(int limit)
{
    private readonly List<InvalidRecord> _records = [];

    public IReadOnlyList<InvalidRecord> Records => _records;

    /// <summary>Notes a bad record; past the limit it is thrown.</summary>
    public void Add(SampleKey key, InvalidInputException error)
    {
        if (_records.Count >= limit)
        {
            throw limit == 0 ? error : new InvalidInputException(error.File, error.Record, $"{Reason(error)} (more than {limit} invalid records: the limit is reached)");
        }

        _records.Add(new InvalidRecord(key, Reason(error)));
    }

    private static string Reason(InvalidInputException error)
    {
        var prefix = error.Record is { } r ? $"{error.File}, record {r}: " : $"{error.File}: ";
        return error.Message.StartsWith(prefix, StringComparison.Ordinal) ? error.Message[prefix.Length..] : error.Message;
    }
}
