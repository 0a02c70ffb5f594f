using System.Numerics;
using System.Text;
using Fovea.Torch;

namespace Fovea.Models.Checkpoints;

/// <summary>
/// Writes one safetensors file. The format allows no gap between tensors, so alignment comes from their order: the header is padded with spaces to a
/// multiple of 64 bytes, tensors whose length is a multiple of 64 come first and all begin on one, the others follow by falling power of two in their length:
/// each begins at a multiple of its own, so of its element size at least. Nearly every weight of a real model is of the first kind.
/// Tensors of equal rank lie in order of their names, so that equal content gives equal files.
/// </summary>
internal static class SafetensorsWriter
{
    public static IReadOnlyDictionary<string, string> Format { get; } = new Dictionary<string, string> { ["format"] = "pt" };

    /// <summary>Writes the file aside, flushes it to the disk and renames it. One tensor is in memory at a time, beyond those that the caller holds.</summary>
    public static void Write(string path, IReadOnlyList<SavedTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        AtomicFile.Write(path, stream => Write(stream, tensors, metadata ?? Format));

    private static void Write(Stream stream, IReadOnlyList<SavedTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var ordered = tensors.OrderByDescending(t => Power(t.ByteCount)).ThenBy(t => t.Name, StringComparer.Ordinal).ToList();
        var json = Encoding.UTF8.GetBytes(Header(ordered, metadata).ToJsonString());
        var padded = ((json.Length + 8 + MappedFile.Alignment - 1) / MappedFile.Alignment * MappedFile.Alignment) - 8;
        stream.Write(BitConverter.GetBytes((long)padded));
        stream.Write(json);
        stream.Write([.. Enumerable.Repeat((byte)' ', padded - json.Length)]);
        foreach (var tensor in ordered)
        {
            using var values = tensor.Read();
            if (values.dtype != tensor.Type || !values.shape.AsSpan().SequenceEqual(tensor.Shape))
            {
                throw new FoveaException($"tensor '{tensor.Name}': expected {tensor.Type} [{string.Join(", ", tensor.Shape)}], got {values.dtype} "
                    + $"[{string.Join(", ", values.shape)}]");
            }

            TensorBytes.Read(values, stream.Write);
        }
    }

    private static JsonObject Header(List<SavedTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var texts = new JsonObject();
        foreach (var (key, value) in metadata)
        {
            texts[key] = value;
        }

        var header = new JsonObject { ["__metadata__"] = texts };
        var offset = 0L;
        foreach (var tensor in tensors)
        {
            var end = offset + tensor.ByteCount;
            header.Add(tensor.Name, new JsonObject
            {
                ["dtype"] = SafetensorsType.Of(tensor.Type).Name,
                ["shape"] = new JsonArray([.. tensor.Shape.Select(d => (JsonNode)d)]),
                ["data_offsets"] = new JsonArray(offset, end),
            });
            offset = end;
        }

        return header;
    }

    /// <summary>The largest power of two, at most 64, that divides a length.</summary>
    private static int Power(long byteCount) => 1 << Math.Min(BitOperations.TrailingZeroCount(byteCount), 6);
}
