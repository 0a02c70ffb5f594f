using Fovea.Evaluation.Answers.Outcomes;

namespace Fovea.Evaluation.Answers.Pope;

/// <summary>
/// POPE (Li et al. 2023): accuracy, precision, recall, F1 and share of yes, for each category and for the whole, by the rule of one of five codes. The unit is
/// the image, which has six questions in each category.
/// </summary>
public static class PopeScore
{
    private const string Pooled = "pooled";
    private static readonly (string Name, bool? HigherIsBetter)[] Measures =
        [("f1", true), ("accuracy", true), ("precision", true), ("recall", true), ("yes_ratio", null)];

    private static readonly string[] Keys = ["accuracy", "precision", "recall", "f1", "yes_ratio"];

    /// <summary>The catalogue's entry.</summary>
    public static AnswerBenchmark Benchmark { get; } = new("pope", "POPE: yes/no questions about objects, by category, from answers in the form of any of its tools",
        [
            new AnswerInput("questions", "Questions: POPE's or LLaVA's file, VLMEvalKit's table, or a folder with a file for each category; needed unless the answers hold them.", IsRequired: false),
            new AnswerInput("answers", "Answers of a model: a file, or a folder with a file for each category."),
            new AnswerInput("labels", "The right answers, where the questions do not hold them: a file, or a folder of coco_pope_CATEGORY.json.", IsRequired: false) { Form = "FILE|DIR" },
        ],
        Score)
    { Parsers = [.. PopeRule.All.Select(r => r.Parser)], Asked = new AskedAs { Suffix = AskedAs.InFewWords, Choices = ["Yes", "No"] } };

    private static AnswerScore Score(AnswerSources sources)
    {
        var rule = PopeRule.All.First(r => r.Parser.Name == sources.Parser);
        var answers = sources["answers"];
        var file = sources.Optional("questions") ?? answers;
        var isSameFile = sources.Optional("questions") is null;
        var questions = PopeLabels.Label(PopeQuestion.Read(file, isSameFile), sources.Optional("labels"), file);
        var texts = PopeAnswers.Read(answers, questions, file, rule.Judged);
        string[] categories = [.. questions.Select(q => q.Category).Distinct().Where(c => c.Length > 0)];
        var table = new OutcomeTable("pope", rule.Parser.Name, "image", Metrics(rule, categories),
            [.. questions.Select(q => OutcomeOf(q, rule, texts[q.Key], IsMean(rule, categories)))]);
        return new AnswerScore(table, Document(table, rule, categories, questions)) { Notes = [.. Notes(rule, categories, questions)] };
    }

    private static bool IsMean(PopeRule rule, string[] categories) => !rule.IsPooled && categories.Length > 1;

    private static OutcomeMetric[] Metrics(PopeRule rule, string[] categories) =>
    [
        .. Measures.Select(m => new OutcomeMetric(m.Name, m.HigherIsBetter) { MeanOf = IsMean(rule, categories) ? [.. categories.Select(c => $"{m.Name}/{c}")] : [] }),
        .. categories.Concat(IsMean(rule, categories) ? [Pooled] : []).SelectMany(c => Measures.Select(m => new OutcomeMetric($"{m.Name}/{c}", m.HigherIsBetter))),
    ];

    private static Outcome OutcomeOf(PopeQuestion question, PopeRule rule, string answer, bool isMean)
    {
        var isYes = question.IsYes!.Value;
        var read = rule.Read(answer, isYes);
        double truePositive = isYes && read.SaysYes ? 1 : 0, falsePositive = !isYes && read.SaysYes ? 1 : 0, falseNegative = isYes && read.SaysNo ? 1 : 0;
        var sums = new Dictionary<string, Fraction>
        {
            ["f1"] = new(2 * truePositive, (2 * truePositive) + falsePositive + falseNegative),
            ["accuracy"] = new(read.IsCorrect ? 1 : 0, 1),
            ["precision"] = new(truePositive, truePositive + falsePositive),
            ["recall"] = new(truePositive, truePositive + falseNegative),
            ["yes_ratio"] = new((rule.CountsGoldYes ? isYes : read.SaysYes) ? 1 : 0, 1),
        };
        IEnumerable<string> groups = [isMean ? "/" + Pooled : "", .. question.Category.Length > 0 ? [$"/{question.Category}"] : Array.Empty<string>()];
        return new Outcome(question.Key, question.Image ?? question.Key, groups.SelectMany(g => sums.Select(s => (Name: s.Key + g, s.Value))).ToDictionary(s => s.Name, s => s.Value));
    }

    private static JsonObject Document(OutcomeTable table, PopeRule rule, string[] categories, IReadOnlyList<PopeQuestion> questions)
    {
        var values = table.Values();
        JsonObject Of(string suffix, int count) => new(
            Keys.Select(m => KeyValuePair.Create(m, (JsonNode?)(values[m + suffix] ?? (rule.HasZero ? 0 : (double?)null)))).Append(KeyValuePair.Create("n", (JsonNode?)count)));
        var document = new JsonObject
        {
            ["overall"] = Of("", questions.Count),
            ["categories"] = new JsonObject(categories.Select(c => KeyValuePair.Create(c, (JsonNode?)Of("/" + c, questions.Count(q => q.Category == c))))),
        };
        if (IsMean(rule, categories))
        {
            document[Pooled] = Of("/" + Pooled, questions.Count);
        }

        return document;
    }

    private static IEnumerable<string> Notes(PopeRule rule, string[] categories, IReadOnlyList<PopeQuestion> questions)
    {
        if (categories.Length > 1)
        {
            yield return IsMean(rule, categories) ? "Overall is the mean of the categories." : "Overall is of all questions in one pool.";
        }

        if (rule.CountsGoldYes)
        {
            yield return "yes_ratio is the share of right answers that are yes, as in lmms-eval, not of the answers given.";
        }

        if (questions.Any(q => q.Image is null))
        {
            yield return "The files do not say which image a question is about: each question counts as a unit of its own, and intervals are too narrow.";
        }
    }
}
