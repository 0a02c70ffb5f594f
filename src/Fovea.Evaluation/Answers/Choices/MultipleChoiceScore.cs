using Fovea.Core.Json;
using Fovea.Evaluation.Answers.Outcomes;
using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Answers.Choices;

/// <summary>
/// Multiple choice: ScienceQA by LLaVA's script, and any questions with options, text only or not (MMLU and its like), by subject. The unit is the question.
/// </summary>
public static class MultipleChoiceScore
{
    private const string Image = "image", Text = "text";

    /// <summary>The catalogue's entry for any questions.</summary>
    public static AnswerBenchmark Benchmark { get; } = new("multiple-choice", "Any multiple-choice questions (MMLU and its like): accuracy, by subject",
        [
            new AnswerInput("answers", "Answers with an id and text or prediction."),
            new AnswerInput("questions", "The questions with id, choices or options (or columns A, B, ...), answer and perhaps subject, where the answers do not hold them.", IsRequired: false),
        ],
        sources => Score("multiple-choice", sources, AnsweredQuestions.Read(sources), q => q.First("subject", "category", "task")?.Id()))
    {
        Parsers = ChoiceReading.Parsers(ChoiceReading.Vlmevalkit, ChoiceReading.LmmsEval, ChoiceReading.Llava, ChoiceReading.FirstLetter),
        Asked = new AskedAs { Suffix = AskedAs.ByLetter },
    };

    /// <summary>The catalogue's entry for ScienceQA.</summary>
    public static AnswerBenchmark ScienceQa { get; } = new("scienceqa", "ScienceQA: accuracy, and over questions with an image",
        [
            new AnswerInput("answers", "Answers with question_id and text, as LLaVA's model_vqa_science.py writes them."),
            new AnswerInput("problems", "ScienceQA's problems.json."),
            new AnswerInput("splits", "ScienceQA's pid_splits.json, whose test questions are scored.", IsRequired: false),
        ],
        sources => Score("scienceqa", sources, Problems(sources), q => q.Has("image") && q.Field("image").Id().Length > 0 ? Image : Text))
    {
        Parsers = ChoiceReading.Parsers(ChoiceReading.Llava, ChoiceReading.Vlmevalkit, ChoiceReading.LmmsEval),
        Asked = new AskedAs { Suffix = AskedAs.ByLetter, Make = (sources, _) => Test(sources).Select(ToAsk) },
    };

    // Images lie in a folder for each problem, as ScienceQA distributes them.
    private static JsonObject ToAsk((string Id, ForeignJson Record) problem)
    {
        var image = problem.Record.OptionalText(Image) is { Length: > 0 } name ? $"{problem.Id}/{name}" : null;
        return new JsonObject
        {
            ["id"] = problem.Id,
            ["image"] = image,
            ["hint"] = problem.Record.OptionalText("hint"),
            ["question"] = problem.Record.Field("question").Text(),
            ["choices"] = new JsonArray([.. TextList.Of(problem.Record.Field("choices")).Select(c => (JsonNode)c)]),
        };
    }

    private static IReadOnlyList<AnsweredQuestion> Problems(AnswerSources sources) =>
        AnsweredQuestions.Match(sources["problems"], Test(sources), sources["answers"], KeyedRecords.Read(sources["answers"]));

    private static IReadOnlyList<(string Id, ForeignJson Record)> Test(AnswerSources sources)
    {
        var problems = KeyedRecords.Read(sources["problems"]);
        if (sources.Optional("splits") is { } file)
        {
            var test = AnswerRecords.Read(file)[0].Field("test").Items().Select(i => i.Id()).ToHashSet(StringComparer.Ordinal);
            problems = [.. problems.Where(p => test.Contains(p.Id))];
        }

        return problems;
    }

    private static AnswerScore Score(string name, AnswerSources sources, IReadOnlyList<AnsweredQuestion> questions, Func<ForeignJson, string?> group)
    {
        ChoiceQuestion[] asked = [.. questions.Select(q => ChoiceQuestion.Of(q, sources.Parser))];
        string[] groups = [.. asked.Select(q => group(q.Record)).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
        var table = new OutcomeTable(name, sources.Parser, "question", [new OutcomeMetric("accuracy", true),
            .. groups.Select(g => new OutcomeMetric($"accuracy/{g}", true))],
            [.. asked.Select(q => new Outcome(q.Id, q.Id, new[] { "accuracy", group(q.Record) is { } g ? $"accuracy/{g}" : "accuracy" }.Distinct()
                .ToDictionary(n => n, _ => new Fraction(q.IsRight ? 1 : 0, 1))))]);
        var values = table.Values();
        var unread = asked.Count(q => q.Said is null);
        return new AnswerScore(table, new JsonObject
        {
            ["accuracy"] = values["accuracy"],
            ["groups"] = new JsonObject(groups.Select(g => KeyValuePair.Create(g, (JsonNode?)values[$"accuracy/{g}"]))),
            ["n"] = asked.Length,
            ["unread"] = unread,
        })
        {
            Notes = unread > 0 ? [$"{unread} answers name no option by this rule: wrong."] : [],
        };
    }
}
