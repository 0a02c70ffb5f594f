using Fovea.Core.Json;

namespace Fovea.Evaluation.Answers.Reading;

/// <summary>A question and what the model said to it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Question">Its record, with the right answer.</param>
/// <param name="Text">The answer; may be empty.</param>
internal sealed record AnsweredQuestion(string Id, ForeignJson Question, string Text);

/// <summary>
/// Questions with answers, matched by id: of two files (<c>--questions</c>, <c>--answers</c>), or of one whose records hold both, as VLMEvalKit and lmms-eval
/// keep them. Order does not matter.
/// </summary>
internal static class AnsweredQuestions
{
    private static readonly string[] Said = ["prediction", "model_prediction", "filtered_resps", "resps", "response", "output", "pred"];

    /// <summary>Reads the two inputs <c>questions</c> and <c>answers</c>.</summary>
    /// <param name="sources">The inputs.</param>
    /// <param name="members">Keys of the list of questions, where their file is one object.</param>
    /// <exception cref="InvalidInputException">An answer is missing, given twice or to no question; the message names it.</exception>
    public static IReadOnlyList<AnsweredQuestion> Read(AnswerSources sources, params string[] members)
    {
        var path = sources["answers"];
        var answers = KeyedRecords.Read(path, "logs", "samples", "results");
        return sources.Optional("questions") is { } file ? Match(file, KeyedRecords.Read(file, members), path, answers)
            : [.. answers.Select(a => new AnsweredQuestion(a.Id, a.Record.OptionalObject("doc") ?? a.Record, TextOf(a.Record, Said)))];
    }

    /// <summary>Answers by id: of records, or of one object that has a text under each id.</summary>
    /// <exception cref="InvalidInputException">It is no such file, or an id occurs twice.</exception>
    public static IReadOnlyDictionary<string, string> Texts(string path) =>
        AnswerRecords.Read(path) is [var one] && one.Element.EnumerateObject().All(m => m.Value.ValueKind == JsonValueKind.String) && !one.Has("text")
            ? one.Element.EnumerateObject().ToDictionary(m => m.Name, m => m.Value.GetString()!)
            : KeyedRecords.Read(path).ToDictionary(a => a.Id, a => TextOf(a.Record, [.. Said, "text", "answer"]));

    /// <summary>Each question with its answer.</summary>
    /// <inheritdoc cref="Read"/>
    public static IReadOnlyList<AnsweredQuestion> Match(string file, IReadOnlyList<(string Id, ForeignJson Record)> questions, string path,
        IReadOnlyList<(string Id, ForeignJson Record)> answers)
    {
        var known = questions.Select(q => q.Id).ToHashSet(StringComparer.Ordinal);
        if (answers.FirstOrDefault(a => !known.Contains(a.Id)) is { Record: { } stray, Id: var id })
        {
            throw stray.Error($"answers question '{Quoted.Shorten(id)}', which is not among the {known.Count} of {file}");
        }

        var texts = answers.ToDictionary(a => a.Id, a => TextOf(a.Record, [.. Said, "text", "answer"]));
        return questions.Where(q => !texts.ContainsKey(q.Id)).ToArray() is [var first, ..] missing
            ? throw new InvalidInputException(path, null,
                $"{missing.Length} of {questions.Count} questions have no answer, the first is '{Quoted.Shorten(first.Id)}'; answer them, or give the questions that were asked")
            : [.. questions.Select(q => new AnsweredQuestion(q.Id, q.Record, texts[q.Id]))];
    }

    private static string TextOf(ForeignJson record, string[] keys) =>
        TextOf(record.First(keys) ?? throw record.Error($"has no answer; expected one of the keys {string.Join(", ", keys)}"));

    // lmms-eval keeps a list of answers to each request, and lists of these before its filters.
    private static string TextOf(ForeignJson value) => value.Element.ValueKind switch
    {
        JsonValueKind.Array => value.Items().FirstOrDefault() is { } first ? TextOf(first) : throw value.Expected("an answer"),
        JsonValueKind.String => value.Text(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.Element.GetRawText(),
        _ => throw value.Expected("an answer (a text)"),
    };
}
