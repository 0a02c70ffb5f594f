using Parquet;
using Parquet.Schema;

namespace Fovea.Store.Parquet;

/// <summary>Scores of a shard's samples as one Parquet row group, and back.</summary>
internal static class ShardCodec
{
    private const string LogProbPrefix = "log_prob.", TopOnePrefix = "top1.", EntropyPrefix = "entropy.", LogitPrefix = "logit.", DivergencePrefix = "kl.",
        ConversationColumn = "conversation_fingerprint";

    public static byte[] Encode(IReadOnlyList<TokenScores> rows)
    {
        using var stream = new MemoryStream();
        WriteAsync(rows, stream).GetAwaiter().GetResult();
        return stream.ToArray();
    }

    /// <exception cref="InvalidDataException">The bytes are not a shard.</exception>
    public static TokenScores[] Decode(byte[] bytes, int length, IReadOnlyCollection<string>? conditions = null, ScoreFacts facts = ScoreFacts.All)
    {
        using var stream = new MemoryStream(bytes, 0, length, writable: false);
        return ReadAsync(stream, conditions, facts).GetAwaiter().GetResult();
    }

    /// <summary>The keys of a shard's samples: two columns of its file.</summary>
    /// <exception cref="InvalidDataException">It is not a shard.</exception>
    public static SampleKey[] DecodeKeys(Stream stream) => ReadKeysAsync(stream).GetAwaiter().GetResult();

    private static async Task WriteAsync(IReadOnlyList<TokenScores> rows, Stream stream)
    {
        var source = new DataField("source", typeof(string), false);
        var record = new DataField<int>("record", false);
        var id = new DataField("id", typeof(string), true);
        var text = new DataField("text_fingerprint", typeof(string), false);
        var context = new DataField("context_fingerprint", typeof(string), true);
        var conversation = new DataField(ConversationColumn, typeof(string), true);
        var image = new DataField("image_hash", typeof(string), true);
        var hasImage = new DataField<bool>("has_image", false);
        var invalid = new DataField("invalid_reason", typeof(string), true);
        var targets = ListColumns.Field<int>("target_ids");
        var ends = ListColumns.Field<int>("end_targets");
        var logProbs = new ConditionColumns<float>(LogProbPrefix, rows, r => r.LogProbs);
        var topOne = new ConditionColumns<bool>(TopOnePrefix, rows, r => r.TopOne);
        var entropy = new ConditionColumns<float>(EntropyPrefix, rows, r => r.Entropy);
        var logits = new ConditionColumns<float>(LogitPrefix, rows, r => r.Logits);
        var divergence = new ConditionColumns<float>(DivergencePrefix, rows, r => r.Divergence);
        var schema = new ParquetSchema(
            [source, record, id, text, context, conversation, image, hasImage, invalid, targets, ends, .. logProbs.Fields, .. topOne.Fields,
                .. entropy.Fields, .. logits.Fields, .. divergence.Fields]);

        await using var writer = await ParquetWriter.CreateAsync(schema, stream);
        using var group = writer.CreateRowGroup();
        await group.WriteAsync(source, Strings(rows, r => r.Key.Source));
        await group.WriteAsync<int>(record, rows.Select(r => r.Key.Record).ToArray());
        await group.WriteAsync(id, Strings(rows, r => r.Id));
        await group.WriteAsync(text, Strings(rows, r => r.TextFingerprint));
        await group.WriteAsync(context, Strings(rows, r => r.ContextFingerprint));
        await group.WriteAsync(conversation, Strings(rows, r => r.ConversationFingerprint));
        await group.WriteAsync(image, Strings(rows, r => r.ImageHash));
        await group.WriteAsync<bool>(hasImage, rows.Select(r => r.HasImage).ToArray());
        await group.WriteAsync(invalid, Strings(rows, r => r.InvalidReason));
        await ListColumns.WriteAsync(group, targets, [.. rows.Select(r => r.TargetIds)]);
        await ListColumns.WriteAsync(group, ends, [.. rows.Select(r => r.EndTargets)]);
        await logProbs.WriteAsync(group);
        await topOne.WriteAsync(group);
        await entropy.WriteAsync(group);
        await logits.WriteAsync(group);
        await divergence.WriteAsync(group);
        group.CompleteValidate();
    }

    private static async Task<SampleKey[]> ReadKeysAsync(Stream stream)
    {
        await using var reader = await ParquetReader.CreateAsync(stream);
        using var group = OnlyGroup(reader);
        var columns = new RowGroupColumns(reader.Schema, group);
        var source = await columns.StringsAsync("source");
        var record = await columns.NumbersAsync<int>("record");
        return [.. record.Select((r, i) => new SampleKey(Required(source[i], "source", i), r))];
    }

    private static ParquetRowGroupReader OnlyGroup(ParquetReader reader) => reader.RowGroupCount == 1
        ? reader.OpenRowGroupReader(0)
        : throw new InvalidDataException($"{reader.RowGroupCount} row groups; a shard has one");

    private static async Task<TokenScores[]> ReadAsync(Stream stream, IReadOnlyCollection<string>? conditions, ScoreFacts facts)
    {
        await using var reader = await ParquetReader.CreateAsync(stream);
        using var group = OnlyGroup(reader);
        var columns = new RowGroupColumns(reader.Schema, group);
        var source = await columns.StringsAsync("source");
        var record = await columns.NumbersAsync<int>("record");
        var id = await columns.StringsAsync("id");
        var text = await columns.StringsAsync("text_fingerprint");
        var context = await columns.StringsAsync("context_fingerprint");
        var conversation = columns.Has(ConversationColumn) ? await columns.StringsAsync(ConversationColumn) : null;
        var image = await columns.StringsAsync("image_hash");
        var hasImage = await columns.NumbersAsync<bool>("has_image");
        var invalid = await columns.StringsAsync("invalid_reason");
        var targets = await columns.ListsAsync<int>("target_ids");
        var ends = await columns.ListsAsync<int>("end_targets");
        var logProbs = await columns.ConditionsAsync<float>(LogProbPrefix, conditions);
        IReadOnlyCollection<string>? If(ScoreFacts fact) => facts.HasFlag(fact) ? conditions : [];
        var topOne = await columns.ConditionsAsync<bool>(TopOnePrefix, If(ScoreFacts.TopOne));
        var entropy = await columns.ConditionsAsync<float>(EntropyPrefix, If(ScoreFacts.Entropy));
        var logits = await columns.ConditionsAsync<float>(LogitPrefix, If(ScoreFacts.Logits));
        var divergence = await columns.ConditionsAsync<float>(DivergencePrefix, If(ScoreFacts.Divergence));
        var interned = new Dictionary<string, string>(StringComparer.Ordinal);
        var rows = new TokenScores[columns.Rows];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = new TokenScores
            {
                Key = new SampleKey(Interned(interned, Required(source[i], "source", i)), record[i]),
                Id = id[i],
                TextFingerprint = Required(text[i], "text_fingerprint", i),
                ContextFingerprint = context[i],
                ConversationFingerprint = conversation?[i],
                ImageHash = image[i],
                HasImage = hasImage[i],
                InvalidReason = invalid[i],
                TargetIds = targets[i] ?? throw new InvalidDataException($"row {i} has no target_ids"),
                EndTargets = ends[i] ?? throw new InvalidDataException($"row {i} has no end_targets"),
                LogProbs = ConditionColumns<float>.Row(logProbs, i),
                TopOne = ConditionColumns<bool>.Row(topOne, i),
                Entropy = ConditionColumns<float>.Row(entropy, i),
                Logits = ConditionColumns<float>.Row(logits, i),
                Divergence = ConditionColumns<float>.Row(divergence, i),
            };
            RowRules.Check(rows[i]);
        }

        return rows;
    }

    private static string?[] Strings(IReadOnlyList<TokenScores> rows, Func<TokenScores, string?> of) => [.. rows.Select(of)];

    private static string Required(string? value, string column, int row) =>
        value ?? throw new InvalidDataException($"row {row} has no {column}");

    private static string Interned(Dictionary<string, string> known, string value)
    {
        if (!known.TryGetValue(value, out var first))
        {
            known.Add(value, first = value);
        }

        return first;
    }
}
