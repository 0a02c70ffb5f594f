namespace Fovea.Data.Corpora;

/// <summary>Some samples of another corpus, with the keys they have there.</summary>
public sealed class SubsetCorpus : ICorpus
{
    private readonly ICorpus _whole;

    /// <summary>Takes samples by their <paramref name="indices"/> into <paramref name="whole"/>'s, in that order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An index is not there.</exception>
    public SubsetCorpus(ICorpus whole, IReadOnlyList<int> indices)
    {
        _whole = whole;
        Samples = [.. indices.Select(i => i >= 0 && i < whole.Samples.Count
            ? whole.Samples[i]
            : throw new ArgumentOutOfRangeException(nameof(indices), i, $"the corpus has {whole.Samples.Count} samples"))];
    }

    public IReadOnlyList<Sample> Samples { get; }

    public RgbImage LoadImage(Sample sample, int index) => _whole.LoadImage(sample, index);

    public string ImagePath(SampleKey key, string image) => _whole.ImagePath(key, image);

    public void FindImages(Sample sample) => _whole.FindImages(sample);
}
