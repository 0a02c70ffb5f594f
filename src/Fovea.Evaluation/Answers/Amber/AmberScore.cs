using Fovea.Evaluation.Answers.Outcomes;
using Fovea.Evaluation.Answers.Reading;
using Fovea.Evaluation.Answers.Rules;

namespace Fovea.Evaluation.Answers.Amber;

/// <summary>
/// AMBER (Wang et al. 2023): descriptions of 1,004 images by CHAIR, cover, hallucination rate and cognition, and 14,216 yes/no questions by accuracy, precision,
/// recall and F1, where "no" is the positive class. The unit is the image.
/// </summary>
public static class AmberScore
{
    private static readonly string[] Groups = ["existence", "attribute", "state", "number", "action", "relation"], Figures = ["accuracy", "precision", "recall", "f1"];

    private static readonly (string Name, bool HigherIsBetter)[] Descriptions = [("chair", false), ("cover", true), ("hal", false), ("cog", false)];

    /// <summary>The catalogue's entry.</summary>
    public static AnswerBenchmark Benchmark { get; } = new("amber", "AMBER: objects in descriptions of images, and yes/no questions about existence, attributes and relations",
        [
            new AnswerInput("answers", "Responses: records of id and response, of all queries or of whole dimensions; a file, or a folder of several.") { Form = "FILE|DIR" },
            new AnswerInput("data", "AMBER's folder data: annotations.json, query_all.json, relation.json, safe_words.txt.") { Form = "DIR" },
            new AnswerInput("similarities", "Similarities of words by spaCy's vectors, as AMBER's code has them: a table of word, other, similarity. "
                + "Without it only relation.json says which word counts as which, and CHAIR and Hal come out higher than the code's.", IsRequired: false),
            new AnswerInput(AskedAs.Questions, "To ask a model: the queries, as query_generative.json (default: all of query_all.json).", IsRequired: false),
        ],
        Score)
    {
        Asked = new AskedAs { MaxNewTokens = 512, Make = (sources, _) => ToAsk(sources) },
        Parsers = [new AnswerParser("amber", "exactly Yes or No"), new AnswerParser("vlmevalkit", "one of the words is yes and none is no, or the reverse")],
    };

    // A question's answer is Yes or No to the letter, which a model must be told; a description is asked for as it is.
    private static IEnumerable<JsonObject> ToAsk(AnswerSources sources)
    {
        var queries = AmberData.Read(sources["data"]).Queries;
        foreach (var record in AnswerRecords.Read(sources.Optional(AskedAs.Questions) ?? AmberData.FileOf(sources["data"], AmberData.AllQueries)))
        {
            var query = queries.GetValueOrDefault(record.Field("id").WholeNumber(1)) ?? throw record.Error("has the id of no query of AMBER");
            var text = record.Field("query").Text();
            yield return new JsonObject { ["id"] = query.Id, ["image"] = query.Image, ["query"] = query.IsGenerative ? text : text + AskedAs.InFewWords };
        }
    }

    private static AnswerScore Score(AnswerSources sources)
    {
        var data = AmberData.Read(sources["data"]);
        var similar = AmberSimilarities.Read(sources.Optional("similarities"));
        var answers = Answers(sources["answers"], data);
        var nouns = new AmberNouns(data.Vocabulary());
        Func<string, bool?> parse = sources.Parser == "vlmevalkit" ? YesNoWords.Parse : r => r switch { "Yes" => true, "No" => false, _ => null };
        var queries = data.Queries.Values.Where(q => answers.ContainsKey(q.Id)).OrderBy(q => q.Id).ToArray();
        var table = new OutcomeTable("amber", sources.Parser, "image", [.. Metrics(queries)], [.. queries.AsParallel().AsOrdered().Select(q => new Outcome(
            q.Id.ToString(CultureInfo.InvariantCulture), q.Image,
            q.IsGenerative ? Described(q, AmberResponse.Of(nouns.Of(answers[q.Id]), q, data, similar)) : Asked(q, parse(answers[q.Id]))))]);
        return new AnswerScore(table, AmberDocument.Of(table, queries, Groups, Figures)) { Notes = [.. Notes(sources, queries)] };
    }

    private static Dictionary<int, string> Answers(string path, AmberData data)
    {
        var answers = new Dictionary<int, string>();
        foreach (var record in (Directory.Exists(path) ? AnswerFolder.Files(path, ".json", ".jsonl") : [path]).SelectMany(f => AnswerRecords.Read(f)))
        {
            var id = record.Field("id").WholeNumber(1);
            if (!data.Queries.ContainsKey(id))
            {
                throw record.Error($"answers query {id}, which AMBER does not have");
            }

            if (!answers.TryAdd(id, (record.First("response", "prediction") ?? record.Field("response")).Text()))
            {
                throw record.Error($"answers query {id} a second time; keep one");
            }
        }

        // A dimension is answered whole or not at all.
        foreach (var dimension in data.Queries.Values.GroupBy(q => q.Dimension))
        {
            var missing = dimension.Where(q => !answers.ContainsKey(q.Id)).ToArray();
            if (missing.Length > 0 && missing.Length < dimension.Count())
            {
                throw new InvalidInputException(path, null, $"{missing.Length} of {dimension.Count()} queries of the dimension {dimension.Key} have no response, the first is {missing[0].Id}");
            }
        }

        return answers.Count > 0 ? answers : throw new InvalidInputException(path, null, "holds no response");
    }

    private static IEnumerable<OutcomeMetric> Metrics(AmberQuery[] queries)
    {
        if (queries.Any(q => q.IsGenerative))
        {
            foreach (var (name, higherIsBetter) in Descriptions)
            {
                yield return new OutcomeMetric(name, higherIsBetter);
            }
        }

        if (queries.Any(q => !q.IsGenerative))
        {
            var answered = queries.Where(q => !q.IsGenerative).SelectMany(q => q.Groups).ToHashSet();
            foreach (var metric in Groups.Where(answered.Contains).Select(g => "/" + g).Prepend("").SelectMany(g => Figures.Select(f => new OutcomeMetric(f + g, true))))
            {
                yield return metric;
            }
        }
    }

    private static Dictionary<string, Fraction> Described(AmberQuery query, AmberResponse response) => new()
    {
        ["chair"] = new(response.Hallucinated, response.Nouns),
        ["cover"] = new(response.Covered, query.Truth.Count),
        ["hal"] = new(response.Hallucinated > 0 ? 1 : 0, 1),
        ["cog"] = new(response.Expected, query.Hallucinated.Count),
    };

    private static Dictionary<string, Fraction> Asked(AmberQuery query, bool? said)
    {
        var isYes = query.Truth[0] == "yes";
        double right = said == isYes ? 1 : 0, saysNo = said == false ? 1 : 0, isNo = isYes ? 0 : 1, both = saysNo * isNo;
        var sums = new Dictionary<string, Fraction>
        {
            ["accuracy"] = new(right, 1),
            ["precision"] = new(both, saysNo),
            ["recall"] = new(both, isNo),
            ["f1"] = new(2 * both, saysNo + isNo),
        };
        return query.Groups.Select(g => "/" + g).Prepend("").SelectMany(g => sums.Select(s => (s.Key + g, s.Value))).ToDictionary(s => s.Item1, s => s.Value);
    }

    private static IEnumerable<string> Notes(AnswerSources sources, AmberQuery[] queries)
    {
        if (queries.Any(q => q.IsGenerative))
        {
            yield return "Nouns are found without AMBER's tagger: compare chair, cover, hal and cog only with figures made here.";
            if (sources.Optional("similarities") is null)
            {
                yield return "No --similarities: a near synonym of an object counts as hallucinated, which AMBER's code would excuse.";
            }
        }
    }
}
