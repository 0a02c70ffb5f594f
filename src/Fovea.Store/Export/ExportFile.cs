using Parquet;
using Parquet.Schema;

namespace Fovea.Store.Export;

/// <summary>
/// Weighted samples for other trainers, as JSON Lines or Parquet by the file's ending, written atomically and row by row (docs/export.md).
/// </summary>
public static class ExportFile
{
    private const int RowsPerGroup = 1024;

    /// <summary>Samples as <c>source, record, id, image, images, input_ids, labels, loss_weights</c>.</summary>
    /// <param name="path">Ends in <c>.jsonl</c> or <c>.parquet</c>.</param>
    /// <param name="rows">Enumerated once.</param>
    /// <param name="files">The disk; null for the real one.</param>
    /// <param name="replace">Whether an existing file of other rows is replaced.</param>
    /// <returns>The number of rows.</returns>
    /// <exception cref="UsageException">Another ending.</exception>
    /// <exception cref="FoveaException">The disk refuses, or a file of other rows exists.</exception>
    public static int Write(string path, IEnumerable<ExportedSample> rows, IFileLayer? files = null, bool replace = true) =>
        Write(path, rows, ExportForms.Samples, files, replace);

    /// <summary>Samples as Levanter's prebuilt format reads them: <c>source, record, input_ids, loss_weights</c>.</summary>
    /// <inheritdoc cref="Write(string, IEnumerable{ExportedSample}, IFileLayer?, bool)"/>
    public static int WriteLevanter(string path, IEnumerable<ExportedSample> rows, bool replace = true) =>
        Write(path, rows, ExportForms.Levanter, null, replace);

    /// <summary>Packed rows: <c>sources, records, images, seq_lengths, input_ids, position_ids, labels, loss_weights</c>.</summary>
    /// <inheritdoc cref="Write(string, IEnumerable{ExportedSample}, IFileLayer?, bool)"/>
    public static int Write(string path, IEnumerable<PackedRow> rows, bool replace = true) => Write(path, rows, ExportForms.Packed, null, replace);

    /// <summary>Conversations with the spans of their answers, as JSON Lines alone: <c>source, record, id, image, images, conversations</c>.</summary>
    /// <inheritdoc cref="Write(string, IEnumerable{ExportedSample}, IFileLayer?, bool)"/>
    public static int Write(string path, IEnumerable<WeightedConversation> rows, bool replace = true) =>
        Write(path, rows, ExportForms.Conversations, null, replace);

    internal static int Write<TRow>(string path, IEnumerable<TRow> rows, ExportColumn<TRow>[] columns, IFileLayer? files, bool replace)
    {
        var isParquet = Path.GetExtension(path) switch
        {
            ".jsonl" => false,
            ".parquet" when Array.TrueForAll(columns, c => c.Field is not null) => true,
            ".parquet" => throw new UsageException($"{path}: these rows are written as JSON Lines alone; give a name that ends in .jsonl"),
            _ => throw new UsageException($"{path}: expected a name that ends in .jsonl or .parquet"),
        };
        var count = 0;
        try
        {
            Leftovers.RemoveOf(path);
            AtomicFile.Write(path,
                stream => count = isParquet ? WriteParquetAsync(stream, rows, columns).GetAwaiter().GetResult() : WriteJsonLines(stream, rows, columns),
                files, replace ? null : aside => RequireSame(aside, path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FoveaException($"{path}: cannot be written: {DiskError.Reason(e)}", e);
        }

        return count;
    }

    private static void RequireSame(string aside, string path)
    {
        if (File.Exists(path) && ContentHash.OfFile(aside) != ContentHash.OfFile(path))
        {
            throw new FoveaException($"{path}: exists and holds something else; give --force to replace it, or another --out");
        }
    }

    private static int WriteJsonLines<TRow>(Stream stream, IEnumerable<TRow> rows, ExportColumn<TRow>[] columns)
    {
        var count = 0;
        using var json = new Utf8JsonWriter(stream);
        foreach (var row in rows)
        {
            json.WriteStartObject();
            foreach (var column in columns)
            {
                json.WritePropertyName(column.Name);
                column.WriteJson(json, row);
            }

            json.WriteEndObject();
            json.Flush();
            json.Reset();
            stream.WriteByte((byte)'\n');
            count++;
        }

        return count;
    }

    private static async Task<int> WriteParquetAsync<TRow>(Stream stream, IEnumerable<TRow> rows, ExportColumn<TRow>[] columns)
    {
        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema([.. columns.Select(c => c.Field!)]), stream);
        var count = 0;
        foreach (var chunk in rows.Chunk(RowsPerGroup))
        {
            using var group = writer.CreateRowGroup();
            foreach (var column in columns)
            {
                await column.Write!(group, chunk);
            }

            group.CompleteValidate();
            count += chunk.Length;
        }

        return count;
    }
}
