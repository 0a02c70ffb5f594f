using Fovea.Data.Corpora;

namespace Fovea.Pipeline.Stages;

/// <summary>What a stage says of the records that it could not use: a list beside its artefact, lines for people, and counts in its result.</summary>
public static class LeftOutRecords
{
    /// <summary>Writes the list beside the stage's artefact, and tells how many there are and the first few.</summary>
    public static void List(InvalidRecords invalid, StageContext context, string task, string prefix = "")
    {
        var path = Path.Combine(context.Out, prefix + InvalidRecords.FileName);
        InvalidRecords.Write(path, invalid.Records);
        foreach (var line in invalid.Summary(path))
        {
            context.Progress.Tell(task, 0, 0, line);
        }
    }

    /// <summary>How many there are of each reason, the most frequent first.</summary>
    public static JsonObject Reasons(IEnumerable<InvalidRecord> records) =>
        new(InvalidRecords.CountByReason(records.Select(r => r.Name)).Select(r => KeyValuePair.Create(r.Key, (JsonNode?)r.Value)));
}
