using Fovea.Evaluation.Answers.Outcomes;
using Fovea.Evaluation.Answers.Rules;

namespace Fovea.Evaluation.Answers.Hallusion;

/// <summary>
/// HallusionBench (Guan et al. 2023; tianyi-lab/HallusionBench evaluation.py and utils.py): accuracy per question (aAcc), per figure all of whose
/// questions are
/// right (fAcc), per question asked of several figures, all right (qAcc), the same over original inputs (easy) and over edited figures (hard).
/// All 1,129 questions, or the 951 that show an image. The unit is the figure.
/// </summary>
public static class HallusionScore
{
    private static readonly string[] Names = ["a_acc", "f_acc", "q_acc", "easy_acc", "hard_acc"];
    private const string Judge = "judge", Words = "vlmevalkit", Digits = "digits";

    /// <summary>The catalogue's entry.</summary>
    public static AnswerBenchmark Benchmark { get; } = new("hallusion", "HallusionBench: accuracy per question, figure and question pair, easy and hard",
        [
            new AnswerInput("answers", "The question records with the model's answers (model_prediction) or the judge's verdicts (correctness)."),
            new AnswerInput("questions", "HallusionBench.json, where the answers do not hold the right ones (gt_answer).", IsRequired: false),
            new AnswerInput("replies", "Replies of a judge, as 'fovea eval judge' writes them, in place of verdicts in the answers.", IsRequired: false),
        ],
        Score)
    {
        Asked = new AskedAs { Choices = ["Yes", "No"] },
        Parsers =
        [
            new AnswerParser(Judge, "the verdict of a judge, 1 right, 0 wrong, 2 unclear (right where no image was shown), as evaluation.py counts it; all questions"),
            new AnswerParser(Words, "yes or no among the words of the answer, else wrong; questions with an image only"),
            new AnswerParser(Digits, "the answer itself, 1 yes, 0 no, 2 unclear, as random_guess.py gives it; all questions"),
        ],
    };

    private static AnswerScore Score(AnswerSources sources)
    {
        var parser = sources.Parser;
        var questions = HallusionFile.Read(sources);
        var asked = parser == Words ? [.. questions.Where(q => q.ShowsImage)] : questions;
        var verdicts = asked.ToDictionary(q => q.Id, q => parser switch
        {
            Words => q.Truth(YesNoWords.Parse(q.Answer())) ?? false,
            Digits => q.OfDigit(q.Answer()),
            _ => q.IsRight(q.Verdict),
        });
        var table = new OutcomeTable("hallusion", parser, "figure", Metrics(), Outcomes(asked, verdicts));
        var values = table.Values();
        var (withImage, unjudged) = (asked.Count(q => q.ShowsImage), verdicts.Values.Count(v => v is null));
        return new AnswerScore(table, new JsonObject(Metrics().Where(m => !m.Name.Contains('/', StringComparison.Ordinal))
            .Select(m => KeyValuePair.Create(m.Name, (JsonNode?)values[m.Name])))
        {
            ["categories"] = new JsonObject(((string[])["VD", "VS"]).Select(c => KeyValuePair.Create(c, (JsonNode?)new JsonObject(
                Names.Select(n => KeyValuePair.Create(n, (JsonNode?)values[$"{n}/{c}"])))))),
            ["n"] = asked.Count,
            ["with_image"] = withImage,
            ["unjudged"] = unjudged,
        })
        {
            Notes =
            [
                $"{asked.Count} questions, {withImage} with an image ({(asked.Count, withImage) switch
                {
                    (1129, 951) => "the whole benchmark",
                    (951, 951) => "those of the benchmark with an image",
                    _ => "not the benchmark as published, which has 1,129 and 951",
                }}).",
                .. unjudged > 0 ? [$"{unjudged} unjudged: left out, with their figures and pairs."] : Array.Empty<string>(),
            ],
        };
    }

    private static OutcomeMetric[] Metrics() =>
        [.. Names.Select(n => new OutcomeMetric(n, true)), .. Names.SelectMany(n =>
            ((string[])["VD", "VS"]).Select(c => new OutcomeMetric($"{n}/{c}", true)))];

    /// <summary>What several questions make together is kept with the first of them; it is left out where one of them is unjudged.</summary>
    private static Outcome[] Outcomes(IReadOnlyList<HallusionQuestion> questions, Dictionary<string, bool?> verdicts)
    {
        var sums = questions.ToDictionary(q => q.Id, _ => new Dictionary<string, Fraction>());
        void Add(string metric, IReadOnlyList<HallusionQuestion> group)
        {
            if (group.All(q => verdicts[q.Id] is not null))
            {
                var sum = new Fraction(group.All(q => verdicts[q.Id] == true) ? 1 : 0, 1);
                sums[group[0].Id][metric] = sum;
                sums[group[0].Id][$"{metric}/{group[0].Category}"] = sum;
            }
        }

        void AddGroups(string metric, IEnumerable<HallusionQuestion> of, Func<HallusionQuestion, string> key)
        {
            foreach (var group in of.GroupBy(key))
            {
                Add(metric, [.. group]);
            }
        }

        AddGroups("a_acc", questions, q => q.Id);
        AddGroups("f_acc", questions.Where(q => q.HasFigure), q => q.Figure);
        AddGroups("q_acc", questions, q => q.Pair);
        AddGroups("easy_acc", questions.Where(q => !q.IsEdited), q => q.Pair);
        AddGroups("hard_acc", questions.Where(q => q.IsEdited), q => q.Pair);
        return [.. questions.Select(q => new Outcome(q.Id, q.Figure, sums[q.Id]))];
    }
}
