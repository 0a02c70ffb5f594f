using System.Text.RegularExpressions;
using Fovea.Evaluation.Answers.Chair;
using Fovea.Evaluation.Answers.Outcomes;
using Fovea.Evaluation.Answers.Pope;

namespace Fovea.Evaluation.Answers.LongTail;

/// <summary>
/// Answers to POPE's questions, or captions, by how often a training corpus mentions the object: accuracy and recall of POPE by band of the object that is asked about, recall and CHAIR_i of captions by band of the object.
/// The unit is the image.
/// </summary>
public static partial class LongTailScore
{
    /// <summary>The catalogue's entry.</summary>
    public static AnswerBenchmark Benchmark { get; } = new("long-tail", "POPE's accuracy, or recall and CHAIR of captions, by how often a training corpus mentions the object",
        [
            new AnswerInput("texts", "The training corpus: LLaVA JSON or JSON Lines, or COCO captions."),
            new AnswerInput("answers", "Answers to POPE's questions; in their place --captions.", IsRequired: false) { Form = "FILE|DIR" },
            new AnswerInput("questions", "POPE's questions, as for 'eval pope'.", IsRequired: false) { Form = "FILE|DIR" },
            new AnswerInput("labels", "POPE's right answers, as for 'eval pope'.", IsRequired: false) { Form = "FILE|DIR" },
            new AnswerInput("captions", "Captions, as for 'eval chair'; in place of --answers.", IsRequired: false),
            new AnswerInput("objects", "Objects of the images, as for 'eval chair'.", IsRequired: false) { Form = "FILE|DIR" },
            new AnswerInput("synonyms", "CHAIR's list of synonyms: needed for captions; for POPE mentions then count by it too.", IsRequired: false),
        ],
        Score)
    { Parsers = [.. PopeRule.All.Select(r => r.Parser)] };

    private static AnswerScore Score(AnswerSources sources) => (sources.Optional("answers"), sources.Optional("captions")) switch
    {
        ({ } answers, null) => OfPope(sources, answers),
        (null, { } captions) => OfCaptions(sources, captions),
        _ => throw new UsageException("give either --answers (to POPE's questions) or --captions"),
    };

    private static AnswerScore OfPope(AnswerSources sources, string answers)
    {
        var rule = PopeRule.All.First(r => r.Parser.Name == sources.Parser);
        var file = sources.Optional("questions") ?? answers;
        var questions = PopeLabels.Label(PopeQuestion.Read(file, file == answers), sources.Optional("labels"), file);
        var texts = PopeAnswers.Read(answers, questions, file, rule.Judged);
        var synonyms = sources.Optional("synonyms") is { } path ? new CocoObjects(path) : null;
        string ObjectOf(PopeQuestion question)
        {
            var asked = question.Stem is { } stem && Asked().Match(stem) is { Success: true } match ? string.Join(' ', CocoObjects.WordsOf(match.Groups[1].Value))
                : throw new InvalidInputException(file, question.Record, $"'{Quoted.Shorten(question.Stem ?? "")}' asks for no object; expected \"Is there a ... in the image?\"");
            return synonyms?.Find(asked) ?? asked;
        }

        var objects = questions.Select(ObjectOf).ToArray();
        var frequencies = ObjectFrequencies.Count(sources["texts"], objects.Distinct().ToArray(), synonyms);
        Outcome[] outcomes = [.. questions.Zip(objects, (q, o) =>
        {
            var (read, band) = (rule.Read(texts[q.Key], q.IsYes!.Value), frequencies.BandOf(o));
            var sums = new Dictionary<string, Fraction> { [$"accuracy/{band}"] = new(read.IsCorrect ? 1 : 0, 1) };
            if (q.IsYes.Value)
            {
                sums[$"recall/{band}"] = new(read.SaysYes ? 1 : 0, 1);
            }

            return new Outcome(q.Key, q.Image ?? q.Key, sums);
        })];
        return Scored(rule.Parser.Name, [("accuracy", true), ("recall", true)], outcomes, frequencies, objects);
    }

    private static AnswerScore OfCaptions(AnswerSources sources, string path)
    {
        var synonyms = new CocoObjects(sources["synonyms"]);
        var captions = ChairFiles.ReadCaptions(path);
        var truth = ChairFiles.ReadObjects(sources["objects"], synonyms);
        if (captions.FirstOrDefault(c => !truth.ContainsKey(c.Image)) is { } unknown)
        {
            throw new InvalidInputException(path, unknown.Record, $"image {unknown.Image} has no objects in {sources["objects"]}");
        }

        var frequencies = ObjectFrequencies.Count(sources["texts"], [], synonyms);
        Outcome[] outcomes = [.. captions.AsParallel().AsOrdered().Select((c, i) =>
        {
            var (sums, mentions) = (new Dictionary<string, Fraction>(), synonyms.Mentions(c.Text));
            void Add(string metric, string name, bool counts)
            {
                var (key, before) = ($"{metric}/{frequencies.BandOf(name)}", sums.GetValueOrDefault($"{metric}/{frequencies.BandOf(name)}"));
                sums[key] = new Fraction(before.Numerator + (counts ? 1 : 0), before.Denominator + 1);
            }

            foreach (var name in truth[c.Image])
            {
                Add("recall", name, mentions.Contains(name));
            }

            foreach (var name in mentions)
            {
                Add("chair_i", name, !truth[c.Image].Contains(name));
            }

            return new Outcome($"{i}", c.Image.ToString(CultureInfo.InvariantCulture), sums);
        })];
        return Scored("", [("recall", true), ("chair_i", false)], outcomes, frequencies, [.. truth.Values.SelectMany(o => o)]);
    }

    private static AnswerScore Scored(string parser, (string Name, bool HigherIsBetter)[] measures, Outcome[] outcomes, ObjectFrequencies frequencies, string[] objects)
    {
        var metrics = measures.SelectMany(m => ObjectFrequencies.Bands.Select(b => new OutcomeMetric($"{m.Name}/{b}", m.HigherIsBetter))).ToArray();
        var counted = outcomes.SelectMany(o => o.Sums.Keys).ToHashSet(StringComparer.Ordinal);
        var table = new OutcomeTable("long-tail", parser, "image", [.. metrics.Where(m => counted.Contains(m.Name))], outcomes);
        var values = table.Values();
        string[] distinct = [.. objects.Distinct()];
        return new AnswerScore(table, new JsonObject
        {
            ["bands"] = new JsonObject(ObjectFrequencies.Bands.Select(b => KeyValuePair.Create(b, (JsonNode?)new JsonObject(
            [
                .. measures.Select(m => KeyValuePair.Create(m.Name, (JsonNode?)values.GetValueOrDefault($"{m.Name}/{b}"))),
                KeyValuePair.Create("objects", (JsonNode?)distinct.Count(o => frequencies.BandOf(o) == b)),
            ])))),
            ["frequencies"] = new JsonObject(distinct.OrderByDescending(frequencies.Of).ThenBy(o => o, StringComparer.Ordinal).Select(o => KeyValuePair.Create(o, (JsonNode?)frequencies.Of(o)))),
        })
        {
            Notes = ["Bands: how many samples of the training corpus mention the object."],
        };
    }

    [GeneratedRegex("is there an? (.+?) in the image")]
    private static partial Regex Asked();
}
