using Fovea.Core.Json;
using Fovea.Evaluation.Answers.Judged;
using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Answers.Hallusion;

/// <summary>A question of HallusionBench as answered.</summary>
/// <param name="Record">Its record in the answers.</param>
/// <param name="Question">Its record in the questions, or the same.</param>
internal sealed record HallusionQuestion(ForeignJson Record, ForeignJson Question)
{
    /// <summary>What the judge said; null where it said nothing that can be read.</summary>
    public int? Verdict { get; init; }

    public string Category { get; } = Record.Field("category").Text();

    /// <summary>Category, subcategory, set, figure: what an image is named by.</summary>
    public string Figure { get; } = Key(Record, "figure_id");

    /// <summary>Category, subcategory, set, question: the same text, asked of the figures of a set.</summary>
    public string Pair { get; } = Key(Record, "question_id");

    public string Id { get; } = $"{Key(Record, "figure_id")}_{Record.Field("question_id").Id()}";

    /// <summary>Whether an image was shown with it: <c>visual_input</c> is 1 (original) or 2 (edited).</summary>
    public bool ShowsImage { get; } = Record.Field("visual_input").Id() != "0";

    public bool IsEdited { get; } = Record.Field("visual_input").Id() == "2";

    /// <summary>Whether it counts for accuracy per figure; the figure 0 of a supplement is none.</summary>
    public bool HasFigure => Category != "VS" || Record.Field("figure_id").Id() != "0";

    public string Answer() => (Record.First("model_prediction", "prediction", "text", "answer")
        ?? throw Record.Error("the key \"model_prediction\" is missing")).Id();

    /// <summary>Whether yes (true) or no (false) is right; null for null.</summary>
    public bool? Truth(bool? saidYes) => saidYes is null ? null : saidYes == (Gold() == "1");

    /// <summary>Whether an answer of 0, 1 or 2 is right.</summary>
    public bool? OfDigit(string answer) => answer switch
    {
        "0" or "1" => answer == Gold(),
        "2" => IsRight(2),
        _ => throw Record.Error("model_prediction",
            $"expected 0 (no), 1 (yes) or 2 (unclear), got '{Quoted.Shorten(answer)}'; read words with --parser vlmevalkit"),
    };

    /// <summary>Whether a verdict counts as right: an unclear answer is, where there is no figure.</summary>
    public bool? IsRight(int? verdict) => verdict is null ? null : verdict == 1 || (verdict == 2 && !HasFigure);

    private string Gold() => Question.First("gt_answer")?.Id() is ("0" or "1") and { } gold ? gold
        : throw Record.Error("the right answer (gt_answer: 0 or 1) is missing; give --questions HallusionBench.json");

    private static string Key(ForeignJson record, string last) =>
        string.Join('_', record.Field("category").Text(), record.Field("subcategory").Text(), record.Field("set_id").Id(), record.Field(last).Id());
}

/// <summary>Files of HallusionBench's form.</summary>
internal static class HallusionFile
{
    private static readonly string[] VerdictKeys = ["correctness", "gpt4v_output_gpt_check", "gpt_check", "gpt4_output_gpt_check"];

    /// <summary>The questions in the order of the answers.</summary>
    /// <exception cref="InvalidInputException">A question is answered twice, is not in the questions, or has none.</exception>
    public static IReadOnlyList<HallusionQuestion> Read(AnswerSources sources)
    {
        var path = sources["answers"];
        HallusionQuestion[] answers = [.. AnswerRecords.Read(path).Select(r => new HallusionQuestion(r, r))];
        if (answers.GroupBy(a => a.Id).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw twice.Last().Record.Error($"question {twice.Key} is answered twice; keep one");
        }

        if (sources.Optional("questions") is { } file)
        {
            var questions = AnswerRecords.Read(file).Select(r => new HallusionQuestion(r, r)).ToDictionary(q => q.Id);
            answers = [.. answers.Select(a => questions.TryGetValue(a.Id, out var q) ? a with { Question = q.Record }
                : throw a.Record.Error($"question {a.Id} is not in {file}; expected answers to that version of the benchmark"))];
            if (questions.Keys.Except(answers.Select(a => a.Id)).ToArray() is { Length: > 0 } missing && !missing.All(m => !questions[m].ShowsImage))
            {
                throw new InvalidInputException(path, null, $"{missing.Length} of {questions.Count} questions have no answer, the first is {missing[0]}");
            }
        }

        if (sources.Parser != "judge")
        {
            return answers;
        }

        var replies = sources.Optional("replies") is { } r ? JudgeReplies.Read(r, [.. answers.Select(a => a.Id)]) : null;
        return [.. answers.Select(a => a with { Verdict = replies is null ? Verdict(a.Record) : HallusionReply.Parse(replies[a.Id]) })];
    }

    private static int? Verdict(ForeignJson record)
    {
        var found = record.First(VerdictKeys) ?? throw record.Error(
            $"has no verdict of a judge (\"{VerdictKeys[0]}\": 0, 1 or 2); give --replies, or read the answers themselves with --parser vlmevalkit");
        return found.Id() switch { "0" => 0, "1" => 1, "2" => 2, "" or "-1" => null, _ => throw found.Expected("0 (wrong), 1 (right) or 2 (unclear)") };
    }
}

/// <summary>evaluation.py's reading of a reply: "incorrect", else "correct", else "unclear"; anything else is no verdict (there it counts as
/// unclear).</summary>
internal static class HallusionReply
{
    public static int? Parse(string? reply) => reply?.ToLowerInvariant() switch
    {
        null => null,
        var r when r.Contains("incorrect", StringComparison.Ordinal) => 0,
        var r when r.Contains("correct", StringComparison.Ordinal) => 1,
        var r when r.Contains("unclear", StringComparison.Ordinal) => 2,
        _ => null,
    };
}
