using Fovea.Evaluation.Answers.Outcomes;
using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Answers.Texts;

/// <summary>
/// VQA's accuracy against ten annotators (Antol et al. 2015): for each of them, min(1, how many of the other nine gave the answer / 3), averaged. By answer
/// type. The unit is the image.
/// </summary>
public static class VqaScore
{
    private const string Vqa = "vqa", EvalAi = "evalai";

    /// <summary>The catalogue's entry.</summary>
    public static AnswerBenchmark Benchmark { get; } = new("vqa", "VQA, TextVQA and others by agreement with ten annotators",
        [
            new AnswerInput("answers", "Answers with question_id and answer, as VQA's tools write them, or LLaVA's with text."),
            new AnswerInput("questions", "The annotations with ten answers to each question (v2_mscoco_val2014_annotations.json, TextVQA_0.5.1_val.json).",
                IsRequired: false),
        ],
        Score)
    {
        Parsers =
        [
            new AnswerParser(Vqa, "vqaEval.py: answers are normalised only where the annotators differ"),
            new AnswerParser(EvalAi, "EvalAI's processor, as LLaVA and lmms-eval use it: always normalised"),
        ],
    };

    private static AnswerScore Score(AnswerSources sources)
    {
        var questions = AnsweredQuestions.Read(sources, "annotations", "data");
        string[] types = [.. questions.Select(q => q.Question.OptionalText("answer_type")).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
        var table = new OutcomeTable("vqa", sources.Parser, "image", [new OutcomeMetric("accuracy", true),
            .. types.Select(t => new OutcomeMetric($"accuracy/{t}", true))],
            [.. questions.Select(q => Outcome(q, sources.Parser))]);
        var values = table.Values();
        return new AnswerScore(table, new JsonObject
        {
            ["accuracy"] = values["accuracy"],
            ["answer_types"] = new JsonObject(types.Select(t => KeyValuePair.Create(t, (JsonNode?)values[$"accuracy/{t}"]))),
            ["n"] = questions.Count,
        });
    }

    private static Outcome Outcome(AnsweredQuestion question, string parser)
    {
        var record = question.Question;
        var gold = TextList.Of(record.Field("answers"));
        var score = new Fraction(gold.Count > 1 ? Of(gold, question.Text, parser == EvalAi)
            : throw record.Field("answers").Expected("the answers of several annotators"), 1);
        var names = record.OptionalText("answer_type") is { } type ? ["accuracy", $"accuracy/{type}"] : (string[])["accuracy"];
        return new Outcome(question.Id, record.First("image_id", "image", "image_path")?.Id() ?? question.Id, names.ToDictionary(n => n, _ => score));
    }

    /// <summary>The accuracy of one answer.</summary>
    /// <param name="gold">What the annotators said.</param>
    /// <param name="answer">What the model said.</param>
    /// <param name="always">Whether answers are normalised whatever the annotators said, as EvalAI does it.</param>
    internal static double Of(IReadOnlyList<string> gold, string answer, bool always)
    {
        Func<string, string> normalise = always ? VqaWords.NormaliseAsEvalAi : gold.Select(VqaWords.OneLine).Distinct().Count() > 1 ? VqaWords.Normalise
            : VqaWords.OneLine;
        var said = normalise(answer);
        var agree = gold.Count(g => normalise(g) == said);

        // Of those who gave this answer, one fewer others did.
        return ((agree * Math.Min(1, (agree - 1) / 3.0)) + ((gold.Count - agree) * Math.Min(1, agree / 3.0))) / gold.Count;
    }
}
