namespace Fovea.Data.Images;

/// <summary>Looks whether the images of samples can be decoded, each picture once. Not thread-safe.</summary>
/// <param name="corpus">Holds the samples.</param>
public sealed class DecodedImages(ICorpus corpus)
{
    private readonly ImageKeys _keys = new();
    private readonly HashSet<ImageKey> _known = [];

    /// <summary>Decodes those images of a sample that have not been yet.</summary>
    /// <exception cref="InvalidInputException">One is missing or cannot be decoded.</exception>
    public void Require(Sample sample)
    {
        for (var i = 0; i < sample.Images.Count; i++)
        {
            var key = _keys.Of(sample, i);
            if (!_known.Contains(key))
            {
                corpus.LoadImage(sample, i);
                _known.Add(key);
            }
        }
    }
}
