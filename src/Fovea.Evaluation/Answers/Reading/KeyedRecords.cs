using Fovea.Core.Json;

namespace Fovea.Evaluation.Answers.Reading;

/// <summary>Records with their ids: a file whose one object has a record under each id, or records that hold theirs.</summary>
internal static class KeyedRecords
{
    private static readonly string[] IdKeys = ["id", "question_id", "questionId", "index", "idx", "qid"];

    /// <summary>Reads a file, in its order.</summary>
    /// <param name="path">The file.</param>
    /// <param name="members">Keys of lists that hold the records, where the file is one object.</param>
    /// <exception cref="InvalidInputException">It is no such file, or an id occurs twice.</exception>
    public static IReadOnlyList<(string Id, ForeignJson Record)> Read(string path, params string[] members)
    {
        var records = AnswerRecords.Read(path, members);
        (string Id, ForeignJson Record)[] keyed = records is [var one] && one.First(IdKeys) is null
            && one.Element.EnumerateObject().All(m => m.Value.ValueKind == JsonValueKind.Object)
            ? [.. one.Element.EnumerateObject().Select(m => (m.Name, ForeignJson.OfRecord(path, 0, m.Value, m.Name)))]
            : [.. records.Select(r => ((r.First(IdKeys) ?? throw r.Error($"has no id; expected one of the keys {string.Join(", ", IdKeys)}")).Id(), r))];
        return keyed.GroupBy(k => k.Id).FirstOrDefault(g => g.Count() > 1) is { } twice
            ? throw twice.Last().Record.Error($"id '{Quoted.Shorten(twice.Key)}' occurs twice; keep one") : keyed;
    }
}
