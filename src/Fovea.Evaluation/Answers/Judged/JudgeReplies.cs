using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Answers.Judged;

/// <summary>
/// Replies of a judge by id of the question: JSON lines <c>{"id":..,"reply":..}</c>, as <c>fovea eval judge</c> writes them and a judge asked offline may.
/// A reply that is null, or a line with <c>"error"</c> in its place, is none: the question is unjudged.
/// </summary>
internal static class JudgeReplies
{
    /// <summary>The reply to each id, null for none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="ids">The questions; one without a line is an error, since nobody asked the judge.</param>
    /// <exception cref="InvalidInputException">A question has two lines or none, or a line is to no question.</exception>
    public static IReadOnlyDictionary<string, string?> Read(string path, IReadOnlyCollection<string> ids)
    {
        var (replies, known) = (new Dictionary<string, string?>(StringComparer.Ordinal), ids.ToHashSet(StringComparer.Ordinal));
        foreach (var record in AnswerRecords.Read(path))
        {
            var id = record.Field("id").Id();
            if (!known.Contains(id))
            {
                throw record.Error($"a reply to '{Quoted.Shorten(id)}', which is none of the {known.Count} questions");
            }

            if (!replies.TryAdd(id, record.OptionalText("reply")))
            {
                throw record.Error($"a second reply to '{Quoted.Shorten(id)}'; keep one");
            }
        }

        return known.Except(replies.Keys).ToArray() is { Length: > 0 } missing
            ? throw new InvalidInputException(path, null,
                $"{missing.Length} of {known.Count} questions have no reply, the first is '{missing[0]}'; ask the judge about all")
            : replies;
    }
}
