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
        (string Id, ForeignJson Record)[] keyed = [.. WithIds(path, records).Select(k => (
            k.Id ?? (k.Record.First(IdKeys) ?? throw k.Record.Error($"has no id; expected one of the keys {string.Join(", ", IdKeys)}")).Id(), k.Record))];
        return keyed.GroupBy(k => k.Id).FirstOrDefault(g => g.Count() > 1) is { } twice
            ? throw twice.Last().Record.Error($"id '{Quoted.Shorten(twice.Key)}' occurs twice; keep one") : keyed;
    }

    /// <summary>Records with the ids that they are kept under; null where they are no members of one object.</summary>
    public static IReadOnlyList<(string? Id, ForeignJson Record)> WithIds(string path, IReadOnlyList<ForeignJson> records) =>
        records is [var one] && one.First(IdKeys) is null && one.Keys().Any() && one.Element.EnumerateObject().All(m => m.Value.ValueKind == JsonValueKind.Object)
            ? [.. one.Element.EnumerateObject().Select(m => ((string?)m.Name, ForeignJson.OfRecord(path, 0, m.Value, m.Name)))]
            : [.. records.Select(r => ((string?)null, r))];
}
