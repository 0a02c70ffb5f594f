using Fovea.Evaluation.Answers.Outcomes;
using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Answers.Judged;

/// <summary>
/// MMHal-Bench (Sun et al. 2023; llava-rlhf/LLaVA-RLHF Eval/eval_gpt_mmhal.py): the mean of the judge's ratings (0 to 6), the share below 3 (hallucination),
/// and the mean by question type, which is the place in the file modulo 8. The unit is the question, which has an image of its own.
/// </summary>
public static class MmHalScore
{
    private const int Questions = 96, Best = 6, LeastWithout = 3;
    private static readonly string[] Types = ["attribute", "adversarial", "comparison", "counting", "relation", "environment", "holistic", "other"];

    /// <summary>The catalogue's entry.</summary>
    public static AnswerBenchmark Benchmark { get; } = new("mmhal", "MMHal-Bench: mean rating of a judge and rate of hallucination, by question type",
        [new AnswerInput("replies", "The judge's replies in the order of the questions: the file that eval_gpt_mmhal.py writes, or replies of a judge as 'fovea eval judge' writes them.")],
        Score);

    private static AnswerScore Score(AnswerSources sources)
    {
        var path = sources["replies"];
        int?[] ratings = [.. Replies(path).Select(MmHalReply.Parse)];
        OutcomeMetric Rating(string name) => new(name, true) { Scale = Best };
        var table = new OutcomeTable("mmhal", "", "question",
            [
                Rating("score"), new OutcomeMetric("hallucination_rate", false),
                .. Types.Select(t => Rating($"score/{t}")), .. Types.Select(t => new OutcomeMetric($"hallucination_rate/{t}", false)),
            ],
            [.. ratings.Select((r, i) => new Outcome(Id(i), Id(i), Sums(r, Types[i % Types.Length])))]);
        var values = table.Values();
        var unjudged = ratings.Count(r => r is null);
        return new AnswerScore(table, new JsonObject
        {
            ["score"] = Mean(ratings),
            ["hallucination_rate"] = values["hallucination_rate"],
            ["types"] = new JsonObject(Types.Select(t => KeyValuePair.Create(t, (JsonNode?)Mean(ratings.Where((_, i) => Types[i % Types.Length] == t))))),
            ["n"] = ratings.Length - unjudged,
            ["unjudged"] = unjudged,
        })
        {
            Notes = unjudged == 0 ? []
                : [$"{unjudged} of {Questions} replies have no rating, or several: left out. eval_gpt_mmhal.py counts them as 0: "
                    + string.Create(CultureInfo.InvariantCulture,
                        $"{ratings.Average(r => r ?? 0):F2}, hallucination rate {ratings.Average(r => r is >= LeastWithout ? 0.0 : 1):F2}.")],
        };
    }

    // As the script divides, so that a figure rounds as its print does.
    private static double? Mean(IEnumerable<int?> ratings) => ratings.OfType<int>().ToArray() is { Length: > 0 } some ? some.Average() : null;

    private static string Id(int index) => index.ToString(CultureInfo.InvariantCulture);

    private static Dictionary<string, Fraction> Sums(int? rating, string type)
    {
        if (rating is not { } r)
        {
            return [];
        }

        var (share, hallucinated) = (new Fraction(r / (double)Best, 1), new Fraction(r < LeastWithout ? 1 : 0, 1));
        return new Dictionary<string, Fraction>
        {
            ["score"] = share,
            [$"score/{type}"] = share,
            ["hallucination_rate"] = hallucinated,
            [$"hallucination_rate/{type}"] = hallucinated,
        };
    }

    /// <summary>Texts in order: of the API's responses as the script keeps them, or of replies with ids 0 to 95.</summary>
    private static IReadOnlyList<string?> Replies(string path)
    {
        var records = AnswerRecords.Read(path);
        if (records.Count != Questions)
        {
            throw new InvalidInputException(path, null,
                $"expected {Questions} replies, in the order of the questions, got {records.Count}; types are told by the place");
        }

        if (!records[0].Has("choices"))
        {
            var replies = JudgeReplies.Read(path, [.. Enumerable.Range(0, Questions).Select(Id)]);
            return [.. Enumerable.Range(0, Questions).Select(i => replies[Id(i)])];
        }

        return [.. records.Select(r => r.Field("choices").Items().FirstOrDefault()?.Field("message").OptionalText("content"))];
    }
}

/// <summary>eval_gpt_mmhal.py's reading of a reply: exactly one of "rating: 0" to "rating: 6" is in it, in lower case; anything else is none.</summary>
internal static class MmHalReply
{
    public static int? Parse(string? reply)
    {
        var found = Enumerable.Range(0, 7).Where(s => reply?.Contains($"rating: {s}", StringComparison.OrdinalIgnoreCase) == true).ToArray();
        return found is [var rating] ? rating : null;
    }
}
