using Fovea.Core.Json;
using Fovea.Data.Json;
using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Answers.Chair;

/// <summary>A caption of one image.</summary>
/// <param name="Image">COCO's number of the image.</param>
/// <param name="Text">The caption.</param>
/// <param name="Record">Which record of its file.</param>
internal sealed record ChairCaption(long Image, string Text, int Record);

/// <summary>Files that CHAIR reads: captions, and the objects of images.</summary>
internal static class ChairFiles
{
    private static readonly string[] Images = ["image_id", "image", "file_name", "image_path", "image_source", "question_id", "id"],
        Texts = ["caption", "prediction", "pred", "answer", "response", "output", "outputs", "text"], Objects = ["objects", "gt_objects", "gt_object", "mscoco_gt_words"];

    /// <summary>The captions, in the order of their file.</summary>
    /// <exception cref="InvalidInputException">A record has no image or no caption.</exception>
    public static IReadOnlyList<ChairCaption> ReadCaptions(string path)
    {
        var records = AnswerRecords.Read(path, "sentences", "annotations", "captions");
        if (records is [var one] && one.Has("imgToEval"))
        {
            records = [.. one.Field("imgToEval").Members().Select(m => m.Value)];
        }

        return [.. records.Select((r, i) => new ChairCaption(ImageOf(r),
            (r.First(Texts) ?? throw r.Error($"has no caption; expected one of the keys {string.Join(", ", Texts)}")).Text(), i))];
    }

    /// <summary>
    /// The objects of each image: a map from image to names, or to indices into <c>categories</c>; records of an image and its objects; or COCO's own annotations
    /// (a folder of <c>instances_*.json</c> and <c>captions_*.json</c>), from which they are the categories of instances and the mentions in reference captions.
    /// </summary>
    /// <exception cref="InvalidInputException">It is none of these, or an object is not in the list of synonyms.</exception>
    public static IReadOnlyDictionary<long, HashSet<string>> ReadObjects(string path, CocoObjects objects)
    {
        var found = new Dictionary<long, HashSet<string>>();
        void Add(long image, string name, Func<InvalidInputException> unknown)
        {
            if (!found.TryGetValue(image, out var ofImage))
            {
                found.Add(image, ofImage = new HashSet<string>(StringComparer.Ordinal));
            }

            ofImage.Add(objects.Find(name) ?? throw unknown());
        }

        if (Directory.Exists(path))
        {
            foreach (var (image, name, file) in CocoAnnotations(path, objects))
            {
                Add(image, name, () => new InvalidInputException(file, null, $"category '{Quoted.Shorten(name)}' is not in the list of synonyms"));
            }
        }
        else
        {
            foreach (var (image, names) in ObjectLists(path))
            {
                found.TryAdd(image, new HashSet<string>(StringComparer.Ordinal));
                foreach (var name in names)
                {
                    Add(image, name.Text(), () => name.Error($"'{Quoted.Shorten(name.Text())}' is not in the list of synonyms"));
                }
            }
        }

        return found.Count > 0 ? found : throw new InvalidInputException(path, null, "holds the objects of no image");
    }

    /// <summary>COCO's number of an image: written as a number, or at the end of a name such as <c>COCO_val2014_000000441147.jpg</c>.</summary>
    public static long? ImageNumber(string name)
    {
        var stem = Path.GetFileName(name).Split('.')[0];
        var digits = stem[(stem.LastIndexOf('_') + 1)..];
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    /// <summary>COCO's number of the image that a record is about.</summary>
    /// <exception cref="InvalidInputException">It has none.</exception>
    public static long ImageOf(ForeignJson record)
    {
        var value = record.First(Images) ?? throw record.Error($"has no image; expected one of the keys {string.Join(", ", Images)}");
        return ImageNumber(value.Id()) ?? throw value.Expected("the number of a COCO image, or a file name that ends in it");
    }

    private static IEnumerable<(long Image, IEnumerable<ForeignJson> Names)> ObjectLists(string path)
    {
        var records = AnswerRecords.Read(path, "sentences");
        if (records is not [var one] || one.First(Objects) is not null)
        {
            return records.Select(r => (ImageOf(r), (r.First(Objects) ?? throw r.Error($"has no objects; expected one of the keys {string.Join(", ", Objects)}")).Items()));
        }

        ForeignJson[]? categories = one.Optional("categories") is { } list ? [.. list.Items()] : null;
        var images = one.Optional("images") ?? one;
        return images.Members().Where(m => m.Value.Element.ValueKind == JsonValueKind.Array).Select(m => (
            ImageNumber(m.Key) ?? throw m.Value.Error("expected the number of an image as key"),
            m.Value.Items().Select(i => i.Element.ValueKind == JsonValueKind.String ? i
                : categories is not null ? categories[i.WholeNumber(0, categories.Length - 1)] : throw i.Expected("an object's name"))));
    }

    private static IEnumerable<(long Image, string Name, string File)> CocoAnnotations(string folder, CocoObjects objects)
    {
        foreach (var file in AnswerFolder.Files(folder, ".json"))
        {
            var name = PackedFile.NameOf(file);
            if (name.StartsWith("instances_", StringComparison.Ordinal))
            {
                var categories = new Dictionary<int, string>();
                var instances = new List<(long Image, int Category)>();
                foreach (var (key, record) in JsonRecords.ReadMembers(file, "annotations", "categories"))
                {
                    var json = record.Open(file);
                    if (key == "categories")
                    {
                        categories[json.Field("id").WholeNumber()] = json.Field("name").Text();
                    }
                    else
                    {
                        instances.Add((json.Field("image_id").WholeNumber(0), json.Field("category_id").WholeNumber()));
                    }
                }

                foreach (var (image, category) in instances.Distinct())
                {
                    yield return (image, categories.GetValueOrDefault(category) ?? $"category {category}", file);
                }
            }
            else if (name.StartsWith("captions_", StringComparison.Ordinal))
            {
                foreach (var record in JsonRecords.ReadMember(file, "annotations").Select(r => r.Open(file)))
                {
                    var image = record.Field("image_id").WholeNumber(0);
                    foreach (var mention in objects.Mentions(record.Field("caption").Text()))
                    {
                        yield return (image, mention, file);
                    }
                }
            }
        }
    }
}
