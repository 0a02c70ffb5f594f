using Fovea.Data.Json;

namespace Fovea.Data.Corpora;

/// <summary>
/// Conversations: a JSON list, or JSON Lines, of records in LLaVA's form or in that of chat messages
/// (<see cref="ConversationRecord"/>). A sample's key is the file's name and the record's index.
/// </summary>
public sealed class LlavaJsonCorpus : FileCorpus
{
    /// <summary>The form in the catalogue: what is in no other form is taken for this one, so that it says what is wrong.</summary>
    public static CorpusFormat Format { get; } = new("llava", "conversations in LLaVA's form or as chat messages, JSON or JSON Lines", _ => true,
        f => Open(f.File, f.ImageFolder, f.Invalid, f.FollowLinks, f.Name));

    private LlavaJsonCorpus(string file, ImageFolder images, IReadOnlyList<Sample> samples, IReadOnlyList<InvalidRecord> invalid)
        : base(file, images, samples, invalid)
    {
    }

    /// <summary>Reads a corpus, one record at a time.</summary>
    /// <param name="file">The JSON file.</param>
    /// <param name="imageFolder">Where its image names are resolved; images are looked for when they are read, or by <see cref="ICorpus.FindImages"/>.</param>
    /// <param name="maxInvalid">How many unusable records to leave out and list in <see cref="FileCorpus.Invalid"/>; one more stops the reading.</param>
    /// <exception cref="InvalidInputException">The file is no JSON or cut short, or there are too many unusable records.</exception>
    public static LlavaJsonCorpus Open(string file, string imageFolder, int maxInvalid = 0) => Open(file, imageFolder, new InvalidRecords(maxInvalid));

    /// <summary>The same, with a list of unusable records that several files share.</summary>
    /// <param name="file">The JSON file.</param>
    /// <param name="imageFolder">Where its image names are resolved.</param>
    /// <param name="invalid">Takes the unusable records.</param>
    /// <param name="followLinks">Whether a symbolic link may lead out of the image folder.</param>
    /// <param name="name">What its samples are known by in place of the file's name, as where the file was renamed since they were scored.</param>
    public static LlavaJsonCorpus Open(string file, string imageFolder, InvalidRecords invalid, bool followLinks = false, string? name = null)
    {
        var (images, samples, before) = (new ImageFolder(imageFolder, followLinks), new List<Sample>(), invalid.Records.Count);
        var source = name ?? Path.GetFileName(file);
        foreach (var record in JsonRecords.Read(file))
        {
            var key = new SampleKey(source, record.Index);
            try
            {
                samples.Add(ConversationRecord.Read(key, record.Open(file), images));
            }
            catch (InvalidInputException error)
            {
                invalid.Add(key, error);
            }
        }

        return new LlavaJsonCorpus(file, images, samples, [.. invalid.Records.Skip(before)]);
    }
}
