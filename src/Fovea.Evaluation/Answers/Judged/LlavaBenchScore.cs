using Fovea.Core.Json;
using Fovea.Evaluation.Answers.Outcomes;
using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Answers.Judged;

/// <summary>
/// LLaVA-Bench (Liu et al. 2023; haotian-liu/LLaVA eval_gpt_review_bench.py and summarize_gpt_review.py): a judge scores the reference's answer and the
/// model's, 1 to 10; the figure is the mean of the model's over the mean of the reference's. The unit is the image where the questions are given.
/// </summary>
public static class LlavaBenchScore
{
    private const string Prefix = "llava_bench_";

    /// <summary>The catalogue's entry.</summary>
    public static AnswerBenchmark Benchmark { get; } = new("llava-bench",
        "LLaVA-Bench-in-the-Wild: the model's score relative to the reference's, from a judge's reviews",
        [
            new AnswerInput("reviews", "The reviews, JSON lines with question_id, category and tuple or content; or replies of a judge, with --questions."),
            new AnswerInput("questions", "questions.jsonl of the benchmark, for images and categories.", IsRequired: false),
        ],
        Score);

    private sealed record Review(string Id, string Image, string Category, (double Reference, double Model)? Scores);

    private static AnswerScore Score(AnswerSources sources)
    {
        var reviews = Read(sources);
        string[] categories = [.. reviews.Select(r => r.Category).Distinct()], names = ["relative", "model", "reference"];
        OutcomeMetric Metric(string name, string suffix) => new(name + suffix, name == "reference" ? null : true);
        var table = new OutcomeTable("llava-bench", "", sources.Optional("questions") is null ? "question" : "image",
            [.. names.Select(n => Metric(n, "")), .. names.SelectMany(n => categories.Select(c => Metric(n, $"/{c}")))],
            [.. reviews.Select(r => new Outcome(r.Id, r.Image, Sums(r)))]);
        var values = table.Values();
        JsonObject Figures(string suffix, IEnumerable<Review> of) => new(names.Select(n => KeyValuePair.Create(n, (JsonNode?)values[n + suffix])))
        {
            ["relative"] = Printed(values["model" + suffix]) / Printed(values["reference" + suffix]),
            ["n"] = of.Count(r => r.Scores is not null),
        };
        var unjudged = reviews.Count(r => r.Scores is null);
        return new AnswerScore(table, new JsonObject
        {
            ["overall"] = Figures("", reviews),
            ["categories"] = new JsonObject(categories.Select(c => KeyValuePair.Create(c, (JsonNode?)Figures($"/{c}", reviews.Where(r => r.Category == c))))),
            ["unjudged"] = unjudged,
        })
        {
            Notes = ["Model and reference in tenths of the judge's ten points. The document's relative is of means with three decimals, as summarize_gpt_review.py prints it.",
                .. unjudged > 0 ? [$"{unjudged} of {reviews.Count} reviews have no scores (-1, or no two numbers): left out, and in no mean."]
                    : Array.Empty<string>()],
        };
    }

    /// <summary>
    /// A mean of the judge's points as summarize_gpt_review.py has it before it divides: with three decimals. Figures that were published are ratios of these.
    /// </summary>
    private static double? Printed(double? tenths) =>
        tenths is { } mean ? double.Parse((10 * mean).ToString("F3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : null;

    private static Dictionary<string, Fraction> Sums(Review review)
    {
        if (review.Scores is not (var reference, var model))
        {
            return [];
        }

        return new (string Name, Fraction Sum)[] { ("relative", new(model, reference)), ("model", new(model, 10)), ("reference", new(reference, 10)) }
            .SelectMany(s => ((string[])[s.Name, $"{s.Name}/{review.Category}"]).Select(n => KeyValuePair.Create(n, s.Sum))).ToDictionary();
    }

    private static List<Review> Read(AnswerSources sources)
    {
        var questions = sources.Optional("questions") is { } file ? KeyedRecords.Read(file).ToDictionary(q => q.Id, q => q.Record) : null;
        var reviews = new List<Review>();
        foreach (var record in AnswerRecords.Read(sources["reviews"]))
        {
            var id = (record.First("question_id", "id") ?? throw record.Error("has no question_id")).Id();
            var question = questions is null ? null : questions.GetValueOrDefault(id)
                ?? throw record.Error($"a review of '{Quoted.Shorten(id)}', which is no question of the benchmark");
            if (reviews.Exists(r => r.Id == id))
            {
                throw record.Error($"a second review of question {id}; give one run of the judge at a time");
            }

            var category = (record.OptionalText("category") ?? question?.OptionalText("category") ?? "").Replace(Prefix, "", StringComparison.Ordinal);
            reviews.Add(new Review(id, question?.OptionalText("image") ?? id, category, Scores(record)));
        }

        if (questions?.Keys.Except(reviews.Select(r => r.Id)).ToArray() is { Length: > 0 } missing)
        {
            throw new InvalidInputException(sources["reviews"], null,
                $"{missing.Length} of {questions.Count} questions have no review, the first is {missing[0]}");
        }

        return reviews.Count > 0 ? reviews : throw new InvalidInputException(sources["reviews"], null, "holds no reviews");
    }

    /// <summary>The two scores as they are kept, or as the reply says them; null for -1, by which the scripts mark a review that failed.</summary>
    private static (double, double)? Scores(ForeignJson record)
    {
        if (record.Optional("tuple") is not { } tuple)
        {
            return LlavaBenchReply.Parse(record.First("content", "reply")?.Text());
        }

        return tuple.Items().Select(s => s.Number()).ToArray() is [var reference, var model]
            ? reference >= 0 && model >= 0 ? (reference, model) : null : throw tuple.Expected("two scores");
    }
}

/// <summary>eval_gpt_review_bench.py's reading of a review: two numbers on its first line, between blanks or commas; anything else is none.</summary>
internal static class LlavaBenchReply
{
    public static (double Reference, double Model)? Parse(string? reply)
    {
        var scores = reply?.Split('\n')[0].Replace(',', ' ').Split(' ').Where(s => s.Trim().Length > 0).ToArray() ?? [];
        return scores.Length == 2 && Number(scores[0]) is { } reference && Number(scores[1]) is { } model ? (reference, model) : null;
    }

    private static double? Number(string text) =>
        double.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number is >= 0 and <= 10 ? number : null;
}
