namespace Fovea.Store.Export;

/// <summary>The keys of each kind of row.</summary>
internal static class ExportForms
{
    public static ExportColumn<ExportedSample>[] Samples { get; } =
    [
        ExportColumns.Text<ExportedSample>("source", r => r.Key.Source),
        ExportColumns.Number<ExportedSample>("record", r => r.Key.Record),
        ExportColumns.Text<ExportedSample>("id", r => r.Id),
        ExportColumns.Text<ExportedSample>("image", r => r.Image, mayBeNull: true),
        ExportColumns.Texts<ExportedSample>("images", r => r.Images),
        ExportColumns.Numbers<ExportedSample>("input_ids", r => r.InputIds),
        ExportColumns.Numbers<ExportedSample>("labels", r => r.Labels),
        ExportColumns.Reals<ExportedSample>("loss_weights", r => r.LossWeights),
    ];

    /// <summary>What Levanter's prebuilt format reads, and the key.</summary>
    public static ExportColumn<ExportedSample>[] Levanter { get; } = [.. Samples.Where(c => c.Name is "source" or "record" or "input_ids" or "loss_weights")];

    public static ExportColumn<PackedRow>[] Packed { get; } =
    [
        ExportColumns.Texts<PackedRow>("sources", r => r.Samples.Select(s => s.Key.Source)),
        ExportColumns.Numbers<PackedRow>("records", r => [.. r.Samples.Select(s => s.Key.Record)]),
        ExportColumns.Texts<PackedRow>("images", r => r.Samples.SelectMany(s => s.Images)),
        ExportColumns.Numbers<PackedRow>("seq_lengths", r => r.Lengths),
        ExportColumns.Numbers<PackedRow>("input_ids", r => r.InputIds),
        ExportColumns.Numbers<PackedRow>("position_ids", r => r.PositionIds),
        ExportColumns.Numbers<PackedRow>("labels", r => r.Labels),
        ExportColumns.Reals<PackedRow>("loss_weights", r => r.LossWeights),
    ];

    public static ExportColumn<WeightedConversation>[] Conversations { get; } =
    [
        new("source", (json, r) => json.WriteStringValue(r.Key.Source)),
        new("record", (json, r) => json.WriteNumberValue(r.Key.Record)),
        new("id", (json, r) => json.WriteStringValue(r.Id)),
        new("image", (json, r) => json.WriteStringValue(r.Image)),
        ExportColumns.Texts<WeightedConversation>("images", r => r.Images),
        new("conversations", WriteTurns),
    ];

    private static void WriteTurns(Utf8JsonWriter json, WeightedConversation row)
    {
        json.WriteStartArray();
        foreach (var (turn, spans) in row.Turns)
        {
            json.WriteStartObject();
            json.WriteString("from", turn.Role switch { Role.Human => "human", Role.Assistant => "gpt", _ => "system" });
            json.WriteString("value", turn.Text);
            if (turn.Role == Role.Assistant)
            {
                WriteSpans(json, spans);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteSpans(Utf8JsonWriter json, IReadOnlyList<WeightedSpan> spans)
    {
        json.WriteStartArray("spans");
        foreach (var span in spans)
        {
            json.WriteStartObject();
            json.WriteNumber("start", span.Start);
            json.WriteNumber("end", span.End);
            json.WriteNumber("token_id", span.TokenId);
            json.WriteNumber("weight", span.Weight);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
