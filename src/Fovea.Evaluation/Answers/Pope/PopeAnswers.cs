using Fovea.Core.Json;
using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Answers.Pope;

/// <summary>Answers to POPE's questions, as LLaVA, POPE, VCD, PAI, lmms-eval and VLMEvalKit keep them.</summary>
internal static class PopeAnswers
{
    private static readonly string[] Texts =
        ["prediction", "filtered_resps", "resps", "ans", "response", "output", "outputs", "pred", "pred_answer", "model_answer", "generated_text", "answer", "text"];

    /// <summary>
    /// The answer to each question, by its key: matched by category and id, by id alone where ids are unique, and in order where answers have no ids.
    /// </summary>
    /// <param name="path">File or folder of the answers.</param>
    /// <param name="questions">The questions.</param>
    /// <param name="source">File or folder of the questions; the answers' own where they hold them.</param>
    /// <param name="judged">A key whose value is taken instead of the answer: what a judge made of it; null for none.</param>
    /// <exception cref="InvalidInputException">An answer is missing, given twice or to no question; the message names it.</exception>
    public static IReadOnlyDictionary<string, string> Read(string path, IReadOnlyList<PopeQuestion> questions, string source, string? judged = null)
    {
        var isFolder = Directory.Exists(path);
        Answer[] answers = [.. PopeFiles.Records(path).Select((r, i) => Of(r.Record, isFolder ? r.Category : null, i, judged))];
        if (path == source)
        {
            return questions.ToDictionary(q => q.Key, q => answers[q.Record].Text);
        }

        // The order of a folder's files is ours: there an answer must also say its question.
        return answers.All(a => a.Id is null) ? InOrder(path, questions, answers, Directory.Exists(source) && !isFolder) : ById(path, questions, answers);
    }

    private static Dictionary<string, string> ById(string path, IReadOnlyList<PopeQuestion> questions, Answer[] answers)
    {
        var byKey = questions.ToDictionary(q => q.Key);
        var byId = questions.GroupBy(q => q.Id).ToDictionary(g => g.Key, g => g.ToArray());
        if (answers.All(a => a.Category is null) && byId.Values.Any(g => g.DistinctBy(q => q.Record).Count() > 1))
        {
            // POPE's own ids begin anew in each category: only the order tells which an answer is of, and it must then be the questions'.
            return questions.Count == answers.Length && questions.Zip(answers).All(p => p.First.Id == p.Second.Id) ? InOrder(path, questions, answers, mustSay: true)
                : throw new InvalidInputException(path, null, $"ids of questions begin anew in each category, and answers ({answers.Length} to {questions.Count} "
                    + "questions) neither name a category nor are in the questions' order; give a folder with one file of each category");
        }

        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var answer in answers)
        {
            var id = answer.Id ?? throw new InvalidInputException(path, answer.Record, "has no id, but other answers have; expected \"question_id\"");
            var asked = answer.Category is { } category && byKey.TryGetValue($"{category}/{id}", out var one) ? [one]
                : byId.TryGetValue(id, out var all) ? Array.FindAll(all, q => answer.Category is null || q.Category == answer.Category || q.Category.Length == 0)
                : [];
            if (asked.Length == 0)
            {
                throw new InvalidInputException(path, answer.Record, $"answers question {(answer.Category is { } c ? $"{c}/" : "")}{Quoted.Shorten(id)}, which is not among the questions");
            }

            if (asked.Any(q => !texts.TryAdd(q.Key, answer.Text)))
            {
                throw new InvalidInputException(path, answer.Record, $"answers question {asked[0].Key} a second time; keep one");
            }
        }

        return questions.Where(q => !texts.ContainsKey(q.Key)).ToArray() is [var first, ..] missing
            ? throw new InvalidInputException(path, null, $"{missing.Length} of {questions.Count} questions have no answer, the first is {first.Key}; answer them, or give the questions that were asked")
            : texts;
    }

    private static Dictionary<string, string> InOrder(string path, IReadOnlyList<PopeQuestion> questions, Answer[] answers, bool mustSay)
    {
        if (answers.Length != questions.Count)
        {
            throw new InvalidInputException(path, null,
                $"{answers.Length} answers without ids to {questions.Count} questions; expected equally many, in the questions' order");
        }

        foreach (var (question, answer) in questions.Zip(answers))
        {
            if (mustSay && answer.Question is null)
            {
                throw new InvalidInputException(path, answer.Record,
                    "does not say its category or question, and the questions are several files; give a folder with one file of each category");
            }

            if (answer.Question is { } asked && question.Stem is { } stem && !PopeQuestion.StemOf(asked).Contains(stem.TrimEnd('?'), StringComparison.Ordinal))
            {
                throw new InvalidInputException(path, answer.Record,
                    $"answers '{Quoted.Shorten(asked)}', expected question {question.Key}: '{stem}'; answers without ids must be in the questions' order");
            }
        }

        return questions.Zip(answers).ToDictionary(p => p.First.Key, p => p.Second.Text);
    }

    private static Answer Of(ForeignJson record, string? category, int index, string? judged)
    {
        var doc = record.OptionalObject("doc") ?? record;
        var text = (judged is null ? null : record.Optional(judged)) ?? record.First(Texts) ?? throw record.Error($"has no answer; expected one of the keys {string.Join(", ", Texts)}");
        var said = doc.OptionalText("category") ?? category;
        return new Answer(PopeQuestion.IdOf(doc) ?? PopeQuestion.IdOf(record), said is null || said.Contains(',', StringComparison.Ordinal) ? null : said.ToLowerInvariant(),
            TextOf(text), PopeQuestion.TextOf(doc, isAnswer: true), index);
    }

    // lmms-eval keeps a list of answers to each request, and lists of these before its filters.
    private static string TextOf(ForeignJson value) => value.Element.ValueKind switch
    {
        JsonValueKind.Array => value.Items().FirstOrDefault() is { } first ? TextOf(first) : throw value.Expected("an answer"),
        JsonValueKind.String => value.Text(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.Element.GetRawText(),
        _ => throw value.Expected("an answer (a text)"),
    };

    private sealed record Answer(string? Id, string? Category, string Text, string? Question, int Record);
}
