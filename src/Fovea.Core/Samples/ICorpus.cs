namespace Fovea.Core.Samples;

/// <summary>A corpus: samples in file order, and the images they name. Thread-safe for reading.</summary>
public interface ICorpus
{
    /// <summary>All valid samples in file order.</summary>
    IReadOnlyList<Sample> Samples { get; }

    /// <summary>Reads an image that a sample names.</summary>
    /// <exception cref="Errors.InvalidInputException">The image is missing, leaves the root, or cannot be decoded.</exception>
    RgbImage LoadImage(Sample sample, int index);

    /// <summary>Full path of the file of an image that the sample of <paramref name="key"/> names.</summary>
    /// <exception cref="Errors.InvalidInputException">The image is missing or leaves the root.</exception>
    string ImagePath(SampleKey key, string image) => throw new NotSupportedException("this corpus's images are not files");

    /// <summary>Looks for every image that a sample names, without decoding any.</summary>
    /// <exception cref="Errors.InvalidInputException">One is missing or leaves the root, with file and record.</exception>
    void FindImages(Sample sample)
    {
    }
}
