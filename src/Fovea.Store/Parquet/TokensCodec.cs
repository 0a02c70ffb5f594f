using Parquet;
using Parquet.Schema;

namespace Fovea.Store.Parquet;

/// <summary>Token ids and their texts as Parquet.</summary>
internal static class TokensCodec
{
    public static byte[] Encode(IReadOnlyList<string> texts)
    {
        using var stream = new MemoryStream();
        WriteAsync(texts, stream).GetAwaiter().GetResult();
        return stream.ToArray();
    }

    /// <exception cref="InvalidDataException">The bytes are no such file.</exception>
    public static (int Id, string Text)[] Decode(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes, writable: false);
        return ReadAsync(stream).GetAwaiter().GetResult();
    }

    private static async Task<(int Id, string Text)[]> ReadAsync(Stream stream)
    {
        await using var reader = await ParquetReader.CreateAsync(stream);
        var tokens = new List<(int, string)>();
        for (var g = 0; g < reader.RowGroupCount; g++)
        {
            using var group = reader.OpenRowGroupReader(g);
            var columns = new RowGroupColumns(reader.Schema, group);
            var ids = await columns.NumbersAsync<int>("token_id");
            var texts = await columns.StringsAsync("token");
            tokens.AddRange(ids.Zip(texts, (id, text) => (id, text ?? throw new InvalidDataException($"token {id} has no text"))));
        }

        return [.. tokens];
    }

    private static async Task WriteAsync(IReadOnlyList<string> texts, Stream stream)
    {
        var id = new DataField<int>("token_id", false);
        var token = new DataField("token", typeof(string), false);
        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(id, token), stream);
        for (var first = 0; first < texts.Count; first += ParquetLimits.MaxRows)
        {
            var part = texts.Skip(first).Take(ParquetLimits.MaxRows).ToArray();
            using var group = writer.CreateRowGroup();
            await group.WriteAsync<int>(id, Enumerable.Range(first, part.Length).ToArray());
            await group.WriteAsync(token, part);
            group.CompleteValidate();
        }
    }
}
