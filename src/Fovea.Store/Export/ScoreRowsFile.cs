namespace Fovea.Store.Export;

/// <summary>The samples of a score store as rows that <c>fovea scores import</c> and other tools read.</summary>
public static class ScoreRowsFile
{
    /// <summary>Writes a row for each sample; top-1 flags and entropies are not among its keys.</summary>
    /// <param name="path">Ends in <c>.jsonl</c> or <c>.parquet</c>.</param>
    /// <param name="store">A complete store.</param>
    /// <param name="replace">Whether an existing file of other rows is replaced.</param>
    /// <param name="stop">Ends the work.</param>
    /// <returns>The number of rows.</returns>
    /// <inheritdoc cref="ExportFile.Write(string, IEnumerable{ExportedSample}, IFileLayer?, bool)"/>
    public static int Write(string path, ScoreStoreReader store, bool replace, CancellationToken stop)
    {
        var conditions = store.ReadAhead().FirstOrDefault(r => r.LogProbs.Count > 0)?.LogProbs.Keys.Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>();
        ExportColumn<TokenScores>[] columns =
        [
            ExportColumns.Text<TokenScores>("source", r => r.Key.Source),
            ExportColumns.Number<TokenScores>("record", r => r.Key.Record),
            ExportColumns.Text<TokenScores>("id", r => r.Id, mayBeNull: true),
            ExportColumns.Text<TokenScores>("text_fingerprint", r => r.TextFingerprint.Length > 0 ? r.TextFingerprint : null, mayBeNull: true),
            ExportColumns.Text<TokenScores>("context_fingerprint", r => r.ContextFingerprint, mayBeNull: true),
            ExportColumns.Text<TokenScores>("conversation_fingerprint", r => r.ConversationFingerprint, mayBeNull: true),
            ExportColumns.Text<TokenScores>("image_hash", r => r.ImageHash, mayBeNull: true),
            ExportColumns.Text<TokenScores>("invalid_reason", r => r.InvalidReason, mayBeNull: true),
            ExportColumns.Numbers<TokenScores>("target_ids", r => r.TargetIds),
            .. conditions.Select(c => ExportColumns.Reals<TokenScores>(Import.ScoreRow.LogProbPrefix + c, r => r.LogProbs.GetValueOrDefault(c))),
        ];
        return ExportFile.Write(path, Until(store.ReadAhead(), stop), columns, null, replace);
    }

    private static IEnumerable<TokenScores> Until(IEnumerable<TokenScores> rows, CancellationToken stop)
    {
        foreach (var row in rows)
        {
            stop.ThrowIfCancellationRequested();
            yield return row;
        }
    }
}
