using Fovea.Store.Parquet;
using Parquet;
using Parquet.Schema;

namespace Fovea.Store.Export;

/// <summary>
/// Weighted samples for other trainers: <c>source, record, id, image, images, input_ids, labels, loss_weights</c>, as JSON Lines or Parquet by the file's
/// ending, written atomically and row by row.
/// </summary>
public static class ExportFile
{
    private const int RowsPerGroup = 1024;

    /// <summary>Writes a file and returns the number of its rows.</summary>
    /// <param name="path">Ends in <c>.jsonl</c> or <c>.parquet</c>.</param>
    /// <param name="rows">Enumerated once.</param>
    /// <param name="files">The disk; null for the real one.</param>
    /// <param name="replace">Whether an existing file of other rows is replaced.</param>
    /// <exception cref="UsageException">Another ending.</exception>
    /// <exception cref="FoveaException">The disk refuses, or a file of other rows exists.</exception>
    public static int Write(string path, IEnumerable<ExportedSample> rows, IFileLayer? files = null, bool replace = true)
    {
        Func<Stream, IEnumerable<ExportedSample>, int> write = Path.GetExtension(path) switch
        {
            ".jsonl" => WriteJsonLines,
            ".parquet" => (stream, samples) => WriteParquetAsync(stream, samples).GetAwaiter().GetResult(),
            _ => throw new UsageException($"{path}: expected a name that ends in .jsonl or .parquet"),
        };
        var count = 0;
        try
        {
            Leftovers.RemoveOf(path);
            AtomicFile.Write(path, stream => count = write(stream, rows), files, replace ? null : aside => RequireSame(aside, path));
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

    private static int WriteJsonLines(Stream stream, IEnumerable<ExportedSample> rows)
    {
        var count = 0;
        using var json = new Utf8JsonWriter(stream);
        foreach (var row in rows)
        {
            json.WriteStartObject();
            json.WriteString("source", row.Key.Source);
            json.WriteNumber("record", row.Key.Record);
            json.WriteString("id", row.Id);
            json.WriteString("image", row.Image);
            json.WriteStartArray("images");
            foreach (var image in row.Images)
            {
                json.WriteStringValue(image);
            }

            json.WriteEndArray();
            WriteNumbers(json, "input_ids", row.InputIds, json.WriteNumberValue);
            WriteNumbers(json, "labels", row.Labels, json.WriteNumberValue);
            WriteNumbers(json, "loss_weights", row.LossWeights, json.WriteNumberValue);
            json.WriteEndObject();
            json.Flush();
            json.Reset();
            stream.WriteByte((byte)'\n');
            count++;
        }

        return count;
    }

    private static void WriteNumbers<T>(Utf8JsonWriter json, string name, T[] values, Action<T> write)
    {
        json.WriteStartArray(name);
        Array.ForEach(values, write);
        json.WriteEndArray();
    }

    private static async Task<int> WriteParquetAsync(Stream stream, IEnumerable<ExportedSample> rows)
    {
        var source = new DataField("source", typeof(string), false);
        var record = new DataField<int>("record", false);
        var id = new DataField("id", typeof(string), false);
        var image = new DataField("image", typeof(string), true);
        var images = ListColumns.TextField("images");
        var ids = ListColumns.Field<int>("input_ids");
        var labels = ListColumns.Field<int>("labels");
        var weights = ListColumns.Field<float>("loss_weights");
        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(source, record, id, image, images, ids, labels, weights), stream);
        var count = 0;
        foreach (var chunk in rows.Chunk(RowsPerGroup))
        {
            using var group = writer.CreateRowGroup();
            await group.WriteAsync(source, Array.ConvertAll(chunk, r => r.Key.Source));
            await group.WriteAsync<int>(record, Array.ConvertAll(chunk, r => r.Key.Record));
            await group.WriteAsync(id, Array.ConvertAll(chunk, r => r.Id));
            await group.WriteAsync(image, Array.ConvertAll(chunk, r => r.Image));
            await ListColumns.WriteTextsAsync(group, images, chunk.Select(r => r.Images));
            await ListColumns.WriteAsync(group, ids, Array.ConvertAll(chunk, r => r.InputIds));
            await ListColumns.WriteAsync(group, labels, Array.ConvertAll(chunk, r => r.Labels));
            await ListColumns.WriteAsync(group, weights, Array.ConvertAll(chunk, r => r.LossWeights));
            group.CompleteValidate();
            count += chunk.Length;
        }

        return count;
    }
}
