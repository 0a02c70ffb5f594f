using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Data.Corpora;

namespace Fovea.Cli.Stages;

/// <summary>Opens the corpus files that a configuration names.</summary>
internal static class CorpusFiles
{
    /// <summary>Opens them as one corpus.</summary>
    /// <param name="data">The files.</param>
    /// <param name="checkImages">Whether every image must be there.</param>
    /// <param name="maxInvalid">Records of a LLaVA file that may be unusable; they are left out and listed by <see cref="InvalidOf"/>.</param>
    /// <exception cref="InvalidInputException">A file is bad, an image is missing, or two files have one name.</exception>
    public static ICorpus Open(IReadOnlyList<DataSource> data, bool checkImages, int maxInvalid = 0)
    {
        if (data.Count == 0)
        {
            throw new FoveaException("'data': expected at least one file");
        }

        var corpora = data.Select(d => Open(d, checkImages, maxInvalid)).ToArray();
        return corpora.Length == 1 ? corpora[0] : new JoinedCorpus(data, corpora);
    }

    /// <summary>The records that were left out.</summary>
    public static IReadOnlyList<InvalidRecord> InvalidOf(ICorpus corpus) => corpus switch
    {
        FileCorpus file => file.Invalid,
        JoinedCorpus joined => joined.Invalid,
        _ => [],
    };

    private static ICorpus Open(DataSource source, bool checkImages, int maxInvalid)
    {
        var images = source.ImageFolder;
        if (source.Format == DataFormat.Llava)
        {
            var llava = LlavaJsonCorpus.Open(source.File, images, maxInvalid, source.FollowLinks, source.Name);
            if (checkImages)
            {
                llava.CheckImages();
            }

            return llava;
        }

        var coco = CocoCaptionsCorpus.Open(source.File, images, 0, source.FollowLinks, source.Name);
        var groups = coco.ImageGroups.Skip(source.SkipImages).Take(source.TakeImages ?? int.MaxValue).ToArray();
        if (groups.Length == 0 || (source.TakeImages is { } take && groups.Length < take))
        {
            throw new InvalidInputException(source.File, null,
                $"holds {coco.ImageGroups.Count} photographs with captions; expected {source.SkipImages} to skip and {source.TakeImages ?? 1} to take");
        }

        var part = coco.OfGroups(groups);
        if (checkImages)
        {
            foreach (var sample in part.Samples.DistinctBy(s => s.Images[0]))
            {
                coco.ImagePath(sample, 0);
            }
        }

        return part;
    }

    private sealed class JoinedCorpus : ICorpus
    {
        private readonly Dictionary<string, ICorpus> _bySource = new(StringComparer.Ordinal);

        public JoinedCorpus(IReadOnlyList<DataSource> data, IReadOnlyList<ICorpus> corpora)
        {
            for (var i = 0; i < corpora.Count; i++)
            {
                if (!_bySource.TryAdd(data[i].Source, corpora[i]))
                {
                    throw new InvalidInputException(data[i].File, null, $"a second corpus known as {data[i].Source}; samples are identified by that name and the record, so give this one another (\"name\": \"...\" in data)");
                }
            }

            Samples = [.. corpora.SelectMany(c => c.Samples)];
            Invalid = [.. corpora.SelectMany(InvalidOf)];
        }

        public IReadOnlyList<Sample> Samples { get; }

        public IReadOnlyList<InvalidRecord> Invalid { get; }

        public RgbImage LoadImage(Sample sample, int index) => _bySource[sample.Key.Source].LoadImage(sample, index);

        public string ImagePath(SampleKey key, string image) => _bySource[key.Source].ImagePath(key, image);
    }
}
