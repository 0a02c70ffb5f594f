namespace Fovea.Evaluation.Answers.Texts;

/// <summary>How many answers are one of the right ones: GQA, and any questions with short answers. The unit is the image where the files name it.</summary>
public static class ExactMatchScore
{
    private const string Exact = "exact", Llava = "llava", LmmsEval = "lmms-eval";

    private static readonly AnswerParser[] Rules =
    [
        new(Exact, "the text itself, without blanks around it"),
        new(Llava, "in lower case and without the full stop at its end, as LLaVA hands answers to GQA's script"),
        new(LmmsEval, "in lower case and without punctuation"),
    ];

    /// <summary>The catalogue's entry for GQA.</summary>
    public static AnswerBenchmark Gqa { get; } = Entry("gqa", "GQA: share of exact answers", Rules[1], Rules[2], Rules[0]);

    /// <summary>The catalogue's entry for any questions.</summary>
    public static AnswerBenchmark Benchmark { get; } = Entry("exact-match", "Any questions with short answers: share of exact ones", Rules);

    private static AnswerBenchmark Entry(string name, string help, params AnswerParser[] rules) => new(name, help,
        [
            new AnswerInput("answers", "Answers with an id and text, answer or prediction."),
            new AnswerInput("questions", "The questions with id and answer (GQA's testdev_balanced_questions.json), where the answers do not hold them.",
                IsRequired: false),
        ],
        new ShortAnswers(name, "accuracy", ["data", "questions"], (q, parser) =>
            ShortAnswers.Gold(q.Question).Any(g => Plain(g, parser) == Plain(q.Text, parser)) ? 1 : 0).Score)
    {
        Parsers = rules,
        Asked = new AskedAs { Suffix = AskedAs.InFewWords },
    };

    internal static string Plain(string text, string parser) => parser switch
    {
        Llava => text.TrimEnd('.').ToLowerInvariant(),
        LmmsEval => new string([.. text.ToLowerInvariant().Where(c => !char.IsAscii(c) || !(char.IsPunctuation(c) || char.IsSymbol(c)))]).Trim(),
        _ => text.Trim(),
    };
}
