using Fovea.Data.Images;

namespace Fovea.Data.Corpora;

/// <summary>Opens the corpus files that a configuration names.</summary>
public static class CorpusFiles
{
    /// <summary>Opens them as one corpus. Images are looked for when they are read, or by <see cref="ICorpus.FindImages"/>.</summary>
    /// <param name="data">The files.</param>
    /// <param name="invalid">Takes the records that cannot be used, of all files.</param>
    /// <exception cref="InvalidInputException">A file is bad, too many records are, or two files have one name.</exception>
    public static ICorpus Open(IReadOnlyList<DataSource> data, InvalidRecords invalid)
    {
        DataSource.Check(data);
        var corpora = data.Select(d => Open(d, invalid)).ToArray();
        return corpora.Length == 1 ? corpora[0] : new JoinedCorpus(data, corpora);
    }

    /// <summary>Opens one file whole, in the form that it is in or is said to be in.</summary>
    /// <exception cref="UsageException">No form has the name that is given.</exception>
    public static FileCorpus OpenWhole(DataSource source, InvalidRecords invalid) => source.Formats.Of(source.Format, source.File)
        .Open(new CorpusFile(source.File, source.ImageFolder, invalid) { FollowLinks = source.FollowLinks, Name = source.Name });

    /// <summary>The samples whose images can all be decoded: an evaluation reads each image anyway, and must not break off at one.</summary>
    /// <exception cref="InvalidInputException">Too many cannot.</exception>
    public static ICorpus Decodable(ICorpus corpus, InvalidRecords invalid, CancellationToken stop)
    {
        var (usable, decoded) = (new List<int>(), new DecodedImages(corpus));
        foreach (var (i, sample) in corpus.Samples.Index())
        {
            stop.ThrowIfCancellationRequested();
            try
            {
                decoded.Require(sample);
                usable.Add(i);
            }
            catch (InvalidInputException e)
            {
                invalid.Add(sample.Key, e);
            }
        }

        return usable.Count == corpus.Samples.Count ? corpus : new SubsetCorpus(corpus, usable);
    }

    private static ICorpus Open(DataSource source, InvalidRecords invalid)
    {
        var whole = OpenWhole(source, invalid);
        if (whole is not CocoCaptionsCorpus coco)
        {
            return source.SkipImages == 0 && source.TakeImages is null
                ? whole
                : throw new InvalidInputException(source.File, null,
                    "skip_images and take_images count the photographs of a COCO captions file; this file holds conversations: leave them out");
        }

        var groups = coco.ImageGroups.Skip(source.SkipImages).Take(source.TakeImages ?? int.MaxValue).ToArray();
        return groups.Length == 0 || (source.TakeImages is { } take && groups.Length < take)
            ? throw new InvalidInputException(source.File, null,
                $"holds {coco.ImageGroups.Count} photographs with captions; expected {source.SkipImages} to skip and {source.TakeImages ?? 1} to take")
            : groups.Length == coco.ImageGroups.Count ? coco : coco.OfGroups(groups);
    }
}
