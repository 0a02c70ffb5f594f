using System.Buffers.Binary;
using Fovea.Core.Json;

namespace Fovea.Models.Checkpoints;

/// <summary>
/// Reads and checks a safetensors header: 8 bytes of little-endian length, that much JSON, then the tensors' bytes without gap or overlap.
/// Nothing larger than the header is allocated, and nothing before its length is found to fit the file.
/// </summary>
internal sealed record SafetensorsHeader(IReadOnlyList<SafetensorsEntry> Entries, IReadOnlyDictionary<string, string> Metadata, long DataStart)
{
    /// <summary>Most bytes of a header: those of 100,000 tensors with long names. The largest published models have some 20,000 tensors a file.</summary>
    private const int MaxBytes = 32 << 20;

    private const int MaxTensors = 100_000;
    private const int MaxDimensions = 16;
    private const int MaxDepth = 8;

    public static SafetensorsHeader Read(CheckpointFile file)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (file.Length < 8)
        {
            throw new InvalidInputException(file.Path, null, $"not safetensors: {file.Length} bytes; expected 8 bytes of header length first");
        }

        file.Read(prefix, 0, "the header");
        file.RefuseWrongContent();
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > MaxBytes || (long)length > file.Length - 8)
        {
            throw new InvalidInputException(file.Path, null,
                $"not safetensors: a header of {length} bytes; expected at most {Math.Min(MaxBytes, file.Length - 8)} in a file of {file.Length}");
        }

        var json = new byte[length];
        file.Read(json, 8, "the header");
        if (length == 0 || json[0] != '{')
        {
            throw new InvalidInputException(file.Path, null, "not safetensors: the header does not begin with '{'");
        }

        using var document = ForeignDocument.Parse(json, file.Path, "the safetensors header", MaxDepth);
        return Parse(document.RootElement, file.Path, 8 + (long)length, file.Length);
    }

    private static SafetensorsHeader Parse(JsonElement root, string file, long dataStart, long total)
    {
        var entries = new List<SafetensorsEntry>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        if (root.GetPropertyCount() > MaxTensors)
        {
            throw new InvalidInputException(file, null, $"safetensors header: {root.GetPropertyCount()} tensors; expected at most {MaxTensors} in a file");
        }

        foreach (var item in root.EnumerateObject())
        {
            if (item.Name != "__metadata__")
            {
                entries.Add(Entry(item, file, dataStart, total));
                continue;
            }

            if (item.Value.ValueKind != JsonValueKind.Object || item.Value.EnumerateObject().Any(p => p.Value.ValueKind != JsonValueKind.String))
            {
                throw new InvalidInputException(file, null, "safetensors header: __metadata__ is not an object of texts");
            }

            foreach (var pair in item.Value.EnumerateObject())
            {
                metadata[pair.Name] = pair.Value.GetString()!;
            }
        }

        CheckContiguous(entries, file, dataStart, total);
        return new SafetensorsHeader(entries, metadata, dataStart);
    }

    private static SafetensorsEntry Entry(JsonProperty item, string file, long dataStart, long total)
    {
        InvalidInputException Bad(string what) => new(file, null, $"safetensors header: tensor '{Quoted.Shorten(item.Name)}': {what}");
        if (item.Value.ValueKind != JsonValueKind.Object
            || !item.Value.TryGetProperty("dtype", out var dtype) || dtype.ValueKind != JsonValueKind.String
            || !item.Value.TryGetProperty("shape", out var shape) || shape.ValueKind != JsonValueKind.Array
            || !item.Value.TryGetProperty("data_offsets", out var offsets) || offsets.ValueKind != JsonValueKind.Array)
        {
            throw Bad("expected an object of dtype, shape and data_offsets");
        }

        var (type, size) = SafetensorsType.Parse(dtype.GetString()!)
            ?? throw Bad($"dtype '{Quoted.Shorten(dtype.GetString()!)}' is not supported; expected one of {SafetensorsType.All}");
        if (shape.GetArrayLength() > MaxDimensions || offsets.GetArrayLength() != 2)
        {
            throw Bad($"expected at most {MaxDimensions} dimensions and two offsets");
        }

        var dimensions = Array.ConvertAll([.. shape.EnumerateArray()], e => Natural(e) ?? throw Bad("a dimension is not a natural number"));
        var begin = Natural(offsets[0]) ?? throw Bad("an offset is not a natural number");
        var end = Natural(offsets[1]) ?? throw Bad("an offset is not a natural number");
        if (begin > end || end > total - dataStart)
        {
            throw Bad($"bytes {begin} to {end}; expected ascending offsets within {total - dataStart} bytes of data");
        }

        if (SafetensorsType.ByteCount(size, dimensions) is not { } bytes)
        {
            throw Bad($"shape [{string.Join(", ", dimensions)}] needs more than 2^63 bytes");
        }

        return bytes == end - begin
            ? new SafetensorsEntry(item.Name, type, dimensions, dataStart + begin, end - begin)
            : throw Bad($"{end - begin} bytes; its shape and dtype need {bytes}");
    }

    /// <summary>The format forbids overlaps, gaps and bytes that no tensor owns.</summary>
    private static void CheckContiguous(List<SafetensorsEntry> entries, string file, long dataStart, long total)
    {
        var expected = dataStart;
        foreach (var entry in entries.OrderBy(e => e.Begin).ThenBy(e => e.ByteCount))
        {
            if (entry.Begin != expected)
            {
                throw new InvalidInputException(file, null,
                    $"safetensors header: tensor '{Quoted.Shorten(entry.Name)}' begins at byte {entry.Begin}; expected {expected} "
                        + $"({(entry.Begin < expected ? "overlap" : "gap")})");
            }

            expected += entry.ByteCount;
        }

        if (expected != total)
        {
            throw new InvalidInputException(file, null, $"safetensors: {total} bytes; the header accounts for {expected}");
        }
    }

    private static long? Natural(JsonElement element) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out var value) && value >= 0 ? value : null;
}
