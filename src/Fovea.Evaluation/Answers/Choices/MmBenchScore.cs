using Fovea.Evaluation.Answers.Outcomes;
using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Answers.Choices;

/// <summary>
/// MMBench (Liu et al. 2023): a question is asked once for each rotation of its options (index, index + 1,000,000, ...). Circular: right only if every
/// rotation is; plain: the first alone. By ability (L2) and by category. The unit is the question.
/// </summary>
public static class MmBenchScore
{
    private const long Rotation = 1_000_000;

    /// <summary>The catalogue's entry.</summary>
    public static AnswerBenchmark Benchmark { get; } = new("mmbench", "MMBench: accuracy, circular and plain, by ability",
        [
            new AnswerInput("answers", "Answers with index and prediction (or question_id and text); VLMEvalKit's tables hold the questions too."),
            new AnswerInput("questions", "The benchmark's table (MMBench_DEV_EN.tsv, with answers), where the answers do not hold the questions.",
                IsRequired: false),
        ],
        Score)
    {
        Parsers = ChoiceReading.Parsers(ChoiceReading.Vlmevalkit, ChoiceReading.LmmsEval, ChoiceReading.Llava),
        Asked = new AskedAs { Suffix = AskedAs.ByLetter },
    };

    private static AnswerScore Score(AnswerSources sources)
    {
        ChoiceQuestion[] asked = [.. AnsweredQuestions.Read(sources).Select(q => ChoiceQuestion.Of(q, sources.Parser))];
        var groups = asked.GroupBy(q => Index(q) % Rotation).Select(g => g.OrderBy(Index).ToArray()).ToArray();
        if (Array.Find(groups, g => Index(g[0]) >= Rotation) is { } headless)
        {
            throw headless[0].Record.Error($"is a rotation of question {Index(headless[0]) % Rotation}, which is not there");
        }

        var isCircular = groups.Any(g => g.Length > 1);
        string[] names = isCircular ? ["circular", "plain"] : ["plain"], abilities = Values(groups, "l2-category"), categories = Values(groups, "category");
        var table = new OutcomeTable("mmbench", sources.Parser, "question",
            [.. names.Select(n => new OutcomeMetric(n, true)), .. abilities.Concat(categories).Distinct()
                .SelectMany(c => names.Select(n => new OutcomeMetric($"{n}/{c}", true)))],
            [.. groups.Select(g => Outcome(g, isCircular))]);
        var values = table.Values();
        var unread = asked.Count(q => q.Said is null);
        JsonObject Group(string[] of) => new(of.Select(c => KeyValuePair.Create(c, (JsonNode?)values[$"{names[0]}/{c}"])));
        return new AnswerScore(table, new JsonObject
        {
            ["circular"] = values.GetValueOrDefault("circular"),
            ["plain"] = values["plain"],
            ["abilities"] = Group(abilities),
            ["categories"] = Group(categories),
            ["n"] = groups.Length,
            ["rows"] = asked.Length,
            ["unread"] = unread,
        })
        {
            Notes =
            [
                $"{groups.Length} questions, {asked.Length} with rotations; abilities and categories are {names[0]}.",
                .. isCircular ? Array.Empty<string>() : ["No rotations were asked, so there is no circular accuracy."],
                .. unread > 0 ? [$"{unread} answers name no option by this rule: wrong (a judge, or a random choice, would have been asked)."]
                    : Array.Empty<string>(),
            ],
        };
    }

    private static Outcome Outcome(ChoiceQuestion[] rotations, bool isCircular)
    {
        var (id, plain, all) = (rotations[0].Id, new Fraction(rotations[0].IsRight ? 1 : 0, 1), new Fraction(rotations.All(r => r.IsRight) ? 1 : 0, 1));
        var groups = ((string[])["l2-category", "category"]).Select(k => rotations[0].Record.OptionalText(k)).OfType<string>().Distinct()
            .Select(c => "/" + c).Prepend("");
        return new Outcome(id, id, groups.SelectMany(g => isCircular ? new[] { ($"circular{g}", all), ($"plain{g}", plain) } : [($"plain{g}", plain)])
            .ToDictionary(s => s.Item1, s => s.Item2));
    }

    private static string[] Values(ChoiceQuestion[][] groups, string key) =>
        [.. groups.Select(g => g[0].Record.OptionalText(key)).OfType<string>().Where(v => v.Length > 0).Distinct().Order(StringComparer.Ordinal)];

    private static long Index(ChoiceQuestion question) => long.TryParse(question.Id, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
        ? index : throw question.Record.Error($"index: expected a whole number, got '{Quoted.Shorten(question.Id)}'");
}
