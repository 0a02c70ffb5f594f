using Fovea.Evaluation.Answers.Outcomes;
using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Answers.Chair;

/// <summary>
/// CHAIR (Rohrbach et al. 2018) over captions of COCO images: <c>chair_s</c> captions with a mention of an object that is not there / captions, <c>chair_i</c>
/// such mentions / all mentions, repeats counted, <c>recall</c> objects of the images that their captions mention / objects of the images. The unit is the image.
/// </summary>
public static class ChairScore
{
    private const string Prompt = "Please describe this image in detail."; // lmms-eval's

    /// <summary>The catalogue's entry.</summary>
    public static AnswerBenchmark Benchmark { get; } = new("chair", "CHAIR: objects that captions of COCO images name and that are not there",
        [
            new AnswerInput("captions", "Captions: records of an image (its number, or a name such as COCO_val2014_000000441147.jpg) and a caption."),
            new AnswerInput("objects", "Objects of the images: lists of names by image, or a folder of COCO's instances_*.json and captions_*.json.") { Form = "FILE|DIR" },
            new AnswerInput("synonyms", "CHAIR's list of synonyms: data/synonyms.txt of LisaAnne/Hallucination."),
            new AnswerInput(AskedAs.Questions, "To ask a model: records of the images to describe, perhaps with a text of their own (default: all images of --objects).",
                IsRequired: false),
        ],
        Score)
    {
        Asked = new AskedAs { Answers = "captions", MaxNewTokens = 512, Make = (sources, _) => ToAsk(sources) },
    };

    private static IEnumerable<JsonObject> ToAsk(AnswerSources sources) => sources.Optional(AskedAs.Questions) is { } file
        ? AnswerRecords.Read(file, "images", "annotations", "questions").Select(r => new JsonObject
        {
            ["image_id"] = ChairFiles.ImageOf(r),
            ["image"] = r.First("file_name", "image", "image_path") is { Element.ValueKind: JsonValueKind.String } name ? name.Text() : null,
            ["question"] = r.First("text", "question", "query", "prompt")?.Text() ?? Prompt,
        })
        : ChairFiles.ReadObjects(sources["objects"], new CocoObjects(sources["synonyms"])).Keys.Order()
            .Select(image => new JsonObject { ["image_id"] = image, ["question"] = Prompt });

    private static AnswerScore Score(AnswerSources sources)
    {
        var objects = new CocoObjects(sources["synonyms"]);
        var captions = ChairFiles.ReadCaptions(sources["captions"]);
        if (captions.Count == 0)
        {
            throw new InvalidInputException(sources["captions"], null, "holds no caption");
        }

        var truth = ChairFiles.ReadObjects(sources["objects"], objects);
        if (captions.FirstOrDefault(c => !truth.ContainsKey(c.Image)) is { } unknown)
        {
            throw new InvalidInputException(sources["captions"], unknown.Record, $"image {unknown.Image} has no objects in {sources["objects"]}");
        }

        var counts = captions.GroupBy(c => c.Image).SelectMany(g => g.Select((c, i) => (c, Id: i == 0 ? $"{c.Image}" : $"{c.Image}#{i + 1}"))).ToDictionary(c => c.c, c => c.Id);
        var table = new OutcomeTable("chair", "", "image", [new("chair_s", false), new("chair_i", false), new("recall", true)],
            [.. captions.AsParallel().AsOrdered().Select(c => OutcomeOf(c, counts[c], objects.Mentions(c.Text), truth[c.Image]))]);
        var values = table.Values();
        var several = captions.Count - captions.DistinctBy(c => c.Image).Count();
        return new AnswerScore(table, new JsonObject
        {
            ["chair_s"] = values["chair_s"],
            ["chair_i"] = values["chair_i"],
            ["recall"] = values["recall"],
            ["n"] = captions.Count,
        })
        {
            Notes = several == 0 ? [] : [$"{several} captions are of images that have one already: each counts, as in CHAIR's code."],
        };
    }

    private static Outcome OutcomeOf(ChairCaption caption, string id, IReadOnlyList<string> mentions, HashSet<string> truth)
    {
        var hallucinated = mentions.Count(m => !truth.Contains(m));
        return new Outcome(id, caption.Image.ToString(CultureInfo.InvariantCulture), new Dictionary<string, Fraction>
        {
            ["chair_s"] = new(hallucinated > 0 ? 1 : 0, 1),
            ["chair_i"] = new(hallucinated, mentions.Count),
            ["recall"] = new(truth.Count(mentions.Contains), truth.Count),
        });
    }
}
