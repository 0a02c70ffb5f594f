namespace Fovea.Data.Corpora;

/// <summary>Several corpora as one, which are told apart by the source in their samples' keys.</summary>
internal sealed class JoinedCorpus : ICorpus
{
    private readonly Dictionary<string, ICorpus> _bySource = new(StringComparer.Ordinal);

    public JoinedCorpus(IReadOnlyList<DataSource> data, IReadOnlyList<ICorpus> corpora)
    {
        for (var i = 0; i < corpora.Count; i++)
        {
            if (!_bySource.TryAdd(data[i].Source, corpora[i]))
            {
                throw new InvalidInputException(data[i].File, null, $"a second corpus known as {data[i].Source}; samples are identified by that name and the "
                    + $"record, so give this one another (\"name\": \"...\" in data)");
            }
        }

        Samples = [.. corpora.SelectMany(c => c.Samples)];
    }

    public IReadOnlyList<Sample> Samples { get; }

    public RgbImage LoadImage(Sample sample, int index) => _bySource[sample.Key.Source].LoadImage(sample, index);

    public string ImagePath(SampleKey key, string image) => _bySource[key.Source].ImagePath(key, image);

    public void FindImages(Sample sample) => _bySource[sample.Key.Source].FindImages(sample);
}
