using Fovea.Core.Json;
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
    /// <summary>The form in the catalogue.</summary>
    public static CorpusFormat Format { get; } = new("coco", "COCO captions JSON", Recognises,
        f => Open(f.File, f.ImageFolder, f.Invalid, f.FollowLinks, f.Name));

    private CocoCaptionsCorpus(string file, ImageFolder images, IReadOnlyList<Sample> samples, IReadOnlyList<InvalidRecord> invalid,
        IReadOnlyList<CocoImageGroup> groups)
        : base(file, images, samples, invalid) => ImageGroups = groups;

    /// <summary>The photographs that have captions, in the order of the file's <c>images</c>: what a split by photograph goes by.</summary>
    public IReadOnlyList<CocoImageGroup> ImageGroups { get; }

    /// <summary>Whether a file looks like COCO's captions: one object with the keys <c>images</c> and <c>annotations</c>.</summary>
    public static bool Recognises(string file) =>
        JsonRecords.FirstKeys(file, "images", "annotations") is var keys && keys.Contains("images") && keys.Contains("annotations")
            && !keys.Contains("conversations") && !keys.Contains("messages");

    /// <summary>Reads the captions; <paramref name="maxInvalid"/> as for <see cref="LlavaJsonCorpus.Open(string, string, int)"/>.</summary>
    /// <exception cref="InvalidInputException">The file is no COCO captions file, or too many annotations cannot be used.</exception>
    public static CocoCaptionsCorpus Open(string captionsJson, string imageFolder, int maxInvalid = 0) =>
        Open(captionsJson, imageFolder, new InvalidRecords(maxInvalid));

    /// <summary>The same, with a list of unusable annotations that several files share.</summary>
    public static CocoCaptionsCorpus Open(string captionsJson, string imageFolder, InvalidRecords invalid, bool followLinks = false, string? name = null)
    {
        RequireObject(captionsJson);
        var (folder, before) = (new ImageFolder(imageFolder, followLinks), invalid.Records.Count);
        var captions = new Captions(captionsJson, name ?? Path.GetFileName(captionsJson), folder, invalid);
        var late = false;
        foreach (var (member, record) in JsonRecords.ReadMembers(captionsJson, "images", "annotations"))
        {
            if (member == "images")
            {
                captions.AddImage(record);
            }
            else if (captions.HasImages)
            {
                captions.Add(record);
            }
            else
            {
                late = true;
            }
        }

        // Captions before the images that they speak of take a second pass.
        foreach (var record in late ? JsonRecords.ReadMember(captionsJson, "annotations") : [])
        {
            captions.Add(record);
        }

        return new CocoCaptionsCorpus(captionsJson, folder, captions.Samples, [.. invalid.Records.Skip(before)], captions.Groups());
    }

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

    private static void RequireObject(string file)
    {
        using var scanner = JsonScanner.Open(file);
        if (scanner.Peek() != '{')
        {
            throw scanner.Peek() == '[' ? new InvalidInputException(file, null, "expected COCO's object with \"images\" and \"annotations\", got a list: it "
                + "looks like conversations; leave out --format, or give --format llava")
                : scanner.Peek() < 0 ? scanner.CutShort() : new InvalidInputException(file, null, "expected COCO's object with \"images\" and \"annotations\"");
        }
    }

    private static long WholeNumber(ForeignJson value) =>
        value.Element.ValueKind == JsonValueKind.Number && value.Element.TryGetInt64(out var number) ? number : throw value.Expected("a whole number");

    /// <summary>What one file holds, while it is read.</summary>
    private sealed class Captions(string file, string source, ImageFolder folder, InvalidRecords invalid)
    {
        private readonly OrderedDictionary<long, (string Name, List<int> Samples)> _images = [];
        private string? _refused;

        public List<Sample> Samples { get; } = [];

        /// <summary>Whether images were read, of use or not.</summary>
        public bool HasImages => _images.Count > 0 || _refused is not null;

        public List<CocoImageGroup> Groups() => [.. _images.Where(i => i.Value.Samples.Count > 0)
            .Select(i => new CocoImageGroup(i.Key, i.Value.Name, i.Value.Samples))];

        /// <summary>Adds an image. What is wrong with the first that cannot be used is kept: its captions are what is lost.</summary>
        public void AddImage(JsonRecord record)
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
                _refused ??= $"images[{record.Index}]: {error.Reason}";
                return;
            }

            if (!_images.TryAdd(id, (name, [])) && _images[id].Name != name)
            {
                throw new InvalidInputException(file, null, $"images[{record.Index}]: two files have id {id}: {_images[id].Name} and {name}");
            }
        }

        public void Add(JsonRecord record)
        {
            var key = new SampleKey(source, record.Index);
            try
            {
                var fields = record.Open(file, "annotation");
                var imageId = WholeNumber(fields.Field("image_id"));
                var image = _images.TryGetValue(imageId, out var known) ? known
                    : throw fields.Error($"image_id {imageId} is not among the file's images{(_refused is null ? "" : $" that can be used ({_refused})")}");
                Samples.Add(ReadSample(key, fields, image.Name) with { ImageRoot = folder.Root });
                image.Samples.Add(Samples.Count - 1);
            }
            catch (InvalidInputException error)
            {
                invalid.Add(key, error);
            }
        }
    }
}
