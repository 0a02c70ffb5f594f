using System.Text.Json;
using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Data.Json;
using Fovea.Data.Templates;

namespace Fovea.Data.Corpora;

/// <summary>
/// LLaVA's form: a JSON list, or JSON Lines, of <c>{"id"?, "image"?: name or list of names, "conversations": [{"from", "value"}]}</c>.
/// Other keys are ignored. A sample's key is the file's name and the record's index.
/// </summary>
public sealed class LlavaJsonCorpus : FileCorpus
{
    private LlavaJsonCorpus(string file, ImageFolder images, IReadOnlyList<Sample> samples, IReadOnlyList<InvalidRecord> invalid)
        : base(file, images, samples, invalid)
    {
    }

    /// <summary>Reads a corpus, one record at a time.</summary>
    /// <param name="file">The JSON file.</param>
    /// <param name="imageFolder">Where its image names are resolved; images are looked for when they are read, or by <see cref="FileCorpus.CheckImages"/>.</param>
    /// <param name="maxInvalid">How many unusable records to leave out and list in <see cref="FileCorpus.Invalid"/>; one more stops the reading.</param>
    /// <exception cref="InvalidInputException">The file is no JSON or cut short, or there are too many unusable records.</exception>
    public static LlavaJsonCorpus Open(string file, string imageFolder, int maxInvalid = 0)
    {
        var (images, samples, invalid) = (new ImageFolder(imageFolder), new List<Sample>(), new InvalidRecords(maxInvalid));
        var source = Path.GetFileName(file);
        foreach (var (index, element) in JsonRecords.Read(file))
        {
            var key = new SampleKey(source, index);
            try
            {
                samples.Add(ReadRecord(key, new JsonFields(file, index, element, ""), images));
            }
            catch (InvalidInputException error)
            {
                invalid.Add(key, error);
            }
        }

        return new LlavaJsonCorpus(file, images, samples, invalid.Records);
    }

    private static Sample ReadRecord(SampleKey key, JsonFields record, ImageFolder folder)
    {
        record.Require(JsonValueKind.Object);
        var turns = record.Field("conversations").Items().Select(t => (From: t.Field("from").Text(), Value: t.Field("value").Text())).ToList();
        var images = ReadImages(record.Optional("image"));
        if (ConversationRules.FirstBroken(turns, images.Count) is { } broken)
        {
            throw record.Error(broken);
        }

        foreach (var image in images)
        {
            if (folder.Refuse(image) is { } refusal)
            {
                throw record.Error(refusal);
            }
        }

        return new Sample(key, ReadId(record), images, [.. turns.Select(t => new Turn(RoleOf(t.From), t.Value))]) { ImageRoot = folder.Root };
    }

    private static Role RoleOf(string from) => from switch { "system" => Role.System, "human" => Role.Human, _ => Role.Assistant };

    private static string? ReadId(JsonFields record) => record.Optional("id") switch
    {
        null => null,
        { Element.ValueKind: JsonValueKind.String or JsonValueKind.Number } id => id.Element.ToString(),
        var other => throw other.Expected("a text or a number"),
    };

    private static List<string> ReadImages(JsonFields? image) => image switch
    {
        null => [],
        { Element.ValueKind: JsonValueKind.String } => [image.Text()],
        { Element.ValueKind: JsonValueKind.Array } => [.. image.Items().Select(i => i.Text())],
        _ => throw image.Expected("a file name or a list of file names"),
    };
}
