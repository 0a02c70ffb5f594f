using Fovea.Data.Templates;

namespace Fovea.Data.Corpora;

/// <summary>
/// A corpus that a format reads record by record, each as a sample. What holds for every corpus is seen to here: each sample obeys
/// <see cref="ConversationRules"/>, no image name leaves the image folder, and a record that cannot be used is left out and listed.
/// </summary>
public sealed class RecordCorpus : FileCorpus
{
    private RecordCorpus(string file, ImageFolder images, IReadOnlyList<Sample> samples, IReadOnlyList<InvalidRecord> invalid)
        : base(file, images, samples, invalid)
    {
    }

    /// <summary>Reads all records.</summary>
    /// <param name="file">The file.</param>
    /// <param name="records">In file order, each as what makes its sample of its key, or throws an <see cref="InvalidInputException"/>.</param>
    /// <exception cref="InvalidInputException">Too many records cannot be used.</exception>
    public static RecordCorpus Read(CorpusFile file, IEnumerable<Func<SampleKey, Sample>> records)
    {
        var (images, samples, before) = (new ImageFolder(file.ImageFolder, file.FollowLinks), new List<Sample>(), file.Invalid.Records.Count);
        var source = file.Name ?? Path.GetFileName(file.File);
        foreach (var (i, read) in records.Index())
        {
            var key = new SampleKey(source, i);
            try
            {
                samples.Add(Checked(read(key), key, images));
            }
            catch (InvalidInputException error)
            {
                file.Invalid.Add(key, error);
            }
        }

        return new RecordCorpus(file.File, images, samples, [.. file.Invalid.Records.Skip(before)]);
    }

    private static Sample Checked(Sample sample, SampleKey key, ImageFolder images)
    {
        ConversationRules.Require(sample);
        return sample.Images.Select(images.Refuse).FirstOrDefault(r => r is not null) is { } refusal
            ? throw new InvalidInputException(key.Source, key.Record, refusal)
            : sample with { Key = key, ImageRoot = images.Root };
    }
}
