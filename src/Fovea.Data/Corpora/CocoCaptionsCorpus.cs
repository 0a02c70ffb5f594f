using System.Globalization;
using System.Text.Json;
using Fovea.Core.Errors;
using Fovea.Core.Json;
using Fovea.Core.Samples;
using Fovea.Data.Json;

namespace Fovea.Data.Corpora;

/// <summary>A photograph and the samples that caption it: indices into <see cref="ICorpus.Samples"/>, in file order.</summary>
public sealed record CocoImageGroup(long ImageId, string FileName, IReadOnlyList<int> SampleIndices);

/// <summary>
/// COCO's captions JSON (<c>images</c>: id, file_name; <c>annotations</c>: id, image_id, caption): one sample an annotation, whose question is
/// <c>&lt;image&gt;</c> and whose answer is the caption without blanks at its ends. A sample's key is the annotation's index, its id the annotation's id.
/// </summary>
public sealed class CocoCaptionsCorpus : FileCorpus
{
    private CocoCaptionsCorpus(string file, ImageFolder images, IReadOnlyList<Sample> samples, IReadOnlyList<InvalidRecord> invalid, IReadOnlyList<CocoImageGroup> groups)
        : base(file, images, samples, invalid) => ImageGroups = groups;

    /// <summary>The photographs that have captions, in the order of the file's <c>images</c>: what a split by photograph goes by.</summary>
    public IReadOnlyList<CocoImageGroup> ImageGroups { get; }

    /// <summary>Whether a file looks like COCO's captions: one object with the keys <c>images</c> and <c>annotations</c>.</summary>
    public static bool Recognises(string file) =>
        JsonRecords.FirstKeys(file) is var keys && keys.Contains("images") && keys.Contains("annotations") && !keys.Contains("conversations") && !keys.Contains("messages");

    /// <summary>Reads the captions; <paramref name="maxInvalid"/> as for <see cref="LlavaJsonCorpus.Open(string, string, int)"/>.</summary>
    /// <exception cref="InvalidInputException">The file is no COCO captions file, or too many annotations cannot be used.</exception>
    public static CocoCaptionsCorpus Open(string captionsJson, string imageFolder, int maxInvalid = 0) => Open(captionsJson, imageFolder, new InvalidRecords(maxInvalid));

    /// <summary>The same, with a list of unusable annotations that several files share.</summary>
    public static CocoCaptionsCorpus Open(string captionsJson, string imageFolder, InvalidRecords invalid, bool followLinks = false, string? name = null)
    {
        var (folder, before) = (new ImageFolder(imageFolder, followLinks), invalid.Records.Count);
        var (names, refused) = ReadNames(captionsJson, folder);
        var indices = names.Keys.ToDictionary(id => id, _ => new List<int>());
        var (samples, source) = (new List<Sample>(), name ?? Path.GetFileName(captionsJson));
        foreach (var record in JsonRecords.ReadMember(captionsJson, "annotations"))
        {
            var key = new SampleKey(source, record.Index);
            try
            {
                var fields = record.Open(captionsJson, "annotation");
                var imageId = WholeNumber(fields.Field("image_id"));
                var image = names.TryGetValue(imageId, out var known) ? known
                    : throw fields.Error($"image_id {imageId} is not among the file's images{(refused is null ? "" : $" that can be used ({refused})")}");
                samples.Add(ReadSample(key, fields, image) with { ImageRoot = folder.Root });
                indices[imageId].Add(samples.Count - 1);
            }
            catch (InvalidInputException error)
            {
                invalid.Add(key, error);
            }
        }

        var groups = names.Where(n => indices[n.Key].Count > 0).Select(n => new CocoImageGroup(n.Key, n.Value, indices[n.Key])).ToList();
        return new CocoCaptionsCorpus(captionsJson, folder, samples, [.. invalid.Records.Skip(before)], groups);
    }

    /// <summary>The captions of the first <paramref name="count"/> photographs in <see cref="ImageGroups"/>.</summary>
    public SubsetCorpus FirstImages(int count) => OfGroups(ImageGroups.Take(count));

    /// <summary>The captions of all photographs but the first <paramref name="count"/>.</summary>
    public SubsetCorpus AfterImages(int count) => OfGroups(ImageGroups.Skip(count));

    /// <summary>The captions of some photographs, in file order.</summary>
    public SubsetCorpus OfGroups(IEnumerable<CocoImageGroup> groups) => new(this, [.. groups.SelectMany(g => g.SampleIndices).Order()]);

    private static Sample ReadSample(SampleKey key, ForeignJson fields, string name)
    {
        var caption = fields.Field("caption").Text().Trim();
        if (caption.Contains("<image>", StringComparison.Ordinal))
        {
            throw fields.Error("image_outside_question: the caption holds <image>; the tag may only appear in a question");
        }

        var id = fields.Optional("id") is { } value ? WholeNumber(value).ToString(CultureInfo.InvariantCulture) : null;
        return new Sample(key, id, [name], [new Turn(Role.Human, "<image>"), new Turn(Role.Assistant, caption)]);
    }

    /// <summary>The images' names by id, and what is wrong with the first that cannot be used: its captions are what is lost.</summary>
    private static (Dictionary<long, string> Names, string? Refused) ReadNames(string file, ImageFolder folder)
    {
        if (JsonRecords.FirstKeys(file) is { Count: 0 })
        {
            using var scanner = JsonScanner.Open(file);
            throw scanner.Peek() == '[' ? new InvalidInputException(file, null, "expected COCO's object with \"images\" and \"annotations\", got a list: it looks like conversations; leave out --format, or give --format llava")
                : scanner.Peek() < 0 ? scanner.CutShort() : new InvalidInputException(file, null, "expected COCO's object with \"images\" and \"annotations\"");
        }

        var (names, refused) = (new Dictionary<long, string>(), (string?)null);
        foreach (var record in JsonRecords.ReadMember(file, "images"))
        {
            long id;
            string name;
            try
            {
                var image = record.Open(file);
                (id, name) = (WholeNumber(image.Field("id")), image.Field("file_name").Text());
                if (folder.Refuse(name) is { } refusal)
                {
                    throw image.Error(refusal);
                }
            }
            catch (InvalidInputException error)
            {
                refused ??= $"images[{record.Index}]: {error.Reason}";
                continue;
            }

            if (!names.TryAdd(id, name) && names[id] != name)
            {
                throw new InvalidInputException(file, null, $"images[{record.Index}]: id {id} is given to two files: {names[id]} and {name}");
            }
        }

        return (names, refused);
    }

    private static long WholeNumber(ForeignJson value) =>
        value.Element.ValueKind == JsonValueKind.Number && value.Element.TryGetInt64(out var number) ? number : throw value.Expected("a whole number");
}
