using Parquet;
using Parquet.Schema;

namespace Fovea.Store.Parquet;

/// <summary>Weights of a corpus as Parquet row groups, and back.</summary>
internal static class WeightsCodec
{
    private const string KindKey = "fovea.kind", Kind = "fovea.weights/2", OlderKind = "fovea.weights/1", NormalizationKey =
        "fovea.normalization", MetadataKey = "fovea.metadata";
    private const string ContextColumn = "context_fingerprint", ConversationColumn = "conversation_fingerprint", ImageColumn = "image_hash";
    private const int RowsPerGroup = 4096;

    private static readonly (SelectionStatus Status, string Name)[] Statuses =
    [
        (SelectionStatus.Kept, "kept"), (SelectionStatus.Dropped, "dropped"), (SelectionStatus.TextOnly, "text_only"), (SelectionStatus.Invalid, "invalid"),
    ];

    private static readonly (WeightNormalization Normalization, string Name)[] Normalizations =
        [(WeightNormalization.None, "none"), (WeightNormalization.TargetCount, "target_count")];

    public static void Write(
        Stream stream, IEnumerable<TokenWeights> rows, WeightNormalization normalization, Func<IReadOnlyDictionary<string, string>> metadata) =>
        WriteAsync(stream, rows, () => new Dictionary<string, string>
        {
            [KindKey] = Kind,
            [NormalizationKey] = Array.Find(Normalizations, n => n.Normalization == normalization).Name,
            [MetadataKey] = JsonSerializer.Serialize(new SortedDictionary<string, string>(metadata().ToDictionary(), StringComparer.Ordinal)),
        }).GetAwaiter().GetResult();

    /// <exception cref="InvalidDataException">Not a weights file.</exception>
    public static WeightsContent Read(Stream stream) => ReadAsync(stream).GetAwaiter().GetResult();

    private static async Task WriteAsync(Stream stream, IEnumerable<TokenWeights> rows, Func<Dictionary<string, string>> metadata)
    {
        var source = new DataField("source", typeof(string), false);
        var record = new DataField<int>("record", false);
        var text = new DataField("text_fingerprint", typeof(string), false);
        var status = new DataField("status", typeof(string), false);
        var reason = new DataField("reason", typeof(string), true);
        var weights = ListColumns.Field<float>("weights");
        var context = new DataField(ContextColumn, typeof(string), true);
        var conversation = new DataField(ConversationColumn, typeof(string), true);
        var image = new DataField(ImageColumn, typeof(string), true);
        await using var writer = await ParquetWriter.CreateAsync(
            new ParquetSchema(source, record, text, status, reason, weights, context, conversation, image), stream);
        foreach (var chunk in rows.Chunk(RowsPerGroup))
        {
            using var group = writer.CreateRowGroup();
            await group.WriteAsync(source, Array.ConvertAll(chunk, r => r.Key.Source));
            await group.WriteAsync<int>(record, Array.ConvertAll(chunk, r => r.Key.Record));
            await group.WriteAsync(text, Array.ConvertAll(chunk, r => r.TextFingerprint));
            await group.WriteAsync(status, Array.ConvertAll(chunk, r => Array.Find(Statuses, s => s.Status == r.Status).Name));
            await group.WriteAsync(reason, Array.ConvertAll(chunk, r => r.Reason));
            await ListColumns.WriteAsync(group, weights, Array.ConvertAll(chunk, r => r.Weights));
            await group.WriteAsync(context, Array.ConvertAll(chunk, r => r.ContextFingerprint));
            await group.WriteAsync(conversation, Array.ConvertAll(chunk, r => r.ConversationFingerprint));
            await group.WriteAsync(image, Array.ConvertAll(chunk, r => r.ImageHash));
            group.CompleteValidate();
        }

        // The file's end holds it, so that it can say what the rows amount to.
        writer.CustomMetadata = metadata();
    }

    private static async Task<WeightsContent> ReadAsync(Stream stream)
    {
        await using var reader = await ParquetReader.CreateAsync(stream);
        var found = reader.CustomMetadata;
        if (found.GetValueOrDefault(KindKey) is not (Kind or OlderKind))
        {
            throw new InvalidDataException($"{KindKey}: expected {Kind}, got {found.GetValueOrDefault(KindKey, "none")}");
        }

        var normalization = Array.Find(Normalizations, n => n.Name == found.GetValueOrDefault(NormalizationKey));
        if (normalization.Name is null)
        {
            throw new InvalidDataException($"{NormalizationKey}: expected none or target_count, got {found.GetValueOrDefault(NormalizationKey, "nothing")}");
        }

        var metadata = JsonSerializer.Deserialize<Dictionary<string, string>>(found.GetValueOrDefault(MetadataKey, "{}")) ?? [];
        var rows = new List<TokenWeights>();
        var interned = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var g = 0; g < reader.RowGroupCount; g++)
        {
            using var group = reader.OpenRowGroupReader(g);
            await ReadGroupAsync(new RowGroupColumns(reader.Schema, group), rows, interned);
        }

        return found[KindKey] == OlderKind && rows.Find(r => IsOfTextAlone(r, metadata)) is { } row
            ? throw new InvalidDataException($"written by an earlier version: the weights of {row.Key} do not say which question their scores saw; score "
                + $"and select again")
            : new WeightsContent(rows, normalization.Normalization, metadata);
    }

    // Weights of methods that read scores, whose scores saw no image: PRIOR's, and excess loss between references.
    private static bool IsOfTextAlone(TokenWeights row, Dictionary<string, string> metadata) =>
        row is { Weights: not null, ContextFingerprint: null } && metadata.GetValueOrDefault("method", "").Split('*').Any(m => m is "prior" or "excess_loss");

    private static async Task ReadGroupAsync(RowGroupColumns columns, List<TokenWeights> rows, Dictionary<string, string> interned)
    {
        var source = await columns.StringsAsync("source");
        var record = await columns.NumbersAsync<int>("record");
        var text = await columns.StringsAsync("text_fingerprint");
        var status = await columns.StringsAsync("status");
        var reason = await columns.StringsAsync("reason");
        var weights = await columns.ListsAsync<float>("weights");
        var context = columns.Has(ContextColumn) ? await columns.StringsAsync(ContextColumn) : null;
        var conversation = columns.Has(ConversationColumn) ? await columns.StringsAsync(ConversationColumn) : null;
        var image = columns.Has(ImageColumn) ? await columns.StringsAsync(ImageColumn) : null;
        for (var i = 0; i < columns.Rows; i++)
        {
            if (source[i] is not { } name || text[i] is not { } fingerprint)
            {
                throw new InvalidDataException($"row {rows.Count} has no source or no text_fingerprint");
            }

            var known = Array.Find(Statuses, s => s.Name == status[i]);
            if (known.Name is null)
            {
                throw new InvalidDataException($"row {rows.Count}: status {status[i]} is none of {string.Join(", ", Statuses.Select(s => s.Name))}");
            }

            if (!interned.TryGetValue(name, out var first))
            {
                interned.Add(name, first = name);
            }

            rows.Add(new TokenWeights(new SampleKey(first, record[i]), fingerprint, known.Status, reason[i], weights[i])
            {
                ContextFingerprint = context?[i],
                ConversationFingerprint = conversation?[i],
                ImageHash = image?[i],
            });
        }
    }
}
