using Fovea.Core.Json;
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
            new AnswerInput("texts", "To ask a model: the questions' texts, where the annotations do not hold them (v2_OpenEnded_mscoco_val2014_questions.json).",
                IsRequired: false),
        ],
        new ShortAnswers("vqa", "accuracy", ["annotations", "data"], Of) { Type = "answer_type" }.Score)
    {
        Asked = new AskedAs
        {
            Suffix = AskedAs.InFewWords,
            Make = (sources, _) => AnswerRecords.Read(sources.Optional("texts") ?? sources[AskedAs.Questions], "questions", "data", "annotations").Select(ToAsk),
        },
        Parsers =
        [
            new AnswerParser(Vqa, "vqaEval.py: answers are normalised only where the annotators differ"),
            new AnswerParser(EvalAi, "EvalAI's processor, as LLaVA and lmms-eval use it: always normalised"),
        ],
    };

    private static JsonObject ToAsk(ForeignJson record) => record.Has("question") ? record.ToObject()
        : throw record.Error("has no question to ask; give the file that has them as --texts (v2_OpenEnded_mscoco_val2014_questions.json)");

    private static double Of(AnsweredQuestion question, string parser) => TextList.Of(question.Question.Field("answers")) is { Count: > 1 } gold
        ? Of(gold, question.Text, parser == EvalAi) : throw question.Question.Field("answers").Expected("the answers of several annotators");

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
