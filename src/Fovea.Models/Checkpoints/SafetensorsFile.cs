using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Files;
using TorchSharp;

namespace Fovea.Models.Checkpoints;

/// <summary>A safetensors file: an untrusted header, checked when it is opened, and tensors read one at a time into memory of their own.</summary>
public sealed class SafetensorsFile
{
    private const int Alignment = 64;
    private const long ChunkElements = 1 << 26;
    private readonly Dictionary<string, SafetensorsEntry> _entries;

    private SafetensorsFile(string path, List<SafetensorsEntry> entries, Dictionary<string, string> metadata)
    {
        Path = path;
        Metadata = metadata;
        _entries = entries.ToDictionary(e => e.Name, StringComparer.Ordinal);
    }

    /// <summary>Where it lies.</summary>
    public string Path { get; }

    /// <summary>Free texts by name.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Tensors by name.</summary>
    public IReadOnlyDictionary<string, SafetensorsEntry> Entries => _entries;

    /// <summary>Reads and checks the header.</summary>
    /// <exception cref="InvalidInputException">The file is missing or its header is not valid.</exception>
    public static SafetensorsFile Open(string path)
    {
        using var stream = OpenStream(path);
        var (entries, metadata) = SafetensorsHeader.Read(stream, path);
        return new SafetensorsFile(path, entries, metadata);
    }

    /// <summary>Reads one tensor into new memory. The caller owns it.</summary>
    /// <exception cref="InvalidInputException">There is none of that name.</exception>
    public torch.Tensor Read(string name)
    {
        using var stream = OpenStream(Path);
        return Read(stream, _entries.TryGetValue(name, out var entry)
            ? entry
            : throw new InvalidInputException(Path, null, $"no tensor '{name}'"));
    }

    /// <summary>Reads all tensors, in the order in which they lie in the file. The caller owns them.</summary>
    public Dictionary<string, torch.Tensor> ReadAll()
    {
        using var stream = OpenStream(Path);
        var tensors = new Dictionary<string, torch.Tensor>(StringComparer.Ordinal);
        foreach (var entry in _entries.Values.OrderBy(e => e.Begin))
        {
            tensors.Add(entry.Name, Read(stream, entry));
        }

        return tensors;
    }

    /// <summary>
    /// Writes tensors, aside and then renamed. Data begins at a multiple of 64 bytes, wide types first, so that each tensor is aligned to its elements.
    /// </summary>
    /// <param name="path">Where.</param>
    /// <param name="tensors">By name; on any device.</param>
    /// <param name="metadata">Free texts by name; null for <c>format: pt</c>, which Transformers asks for.</param>
    public static void Write(string path, IEnumerable<KeyValuePair<string, torch.Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var ordered = tensors.OrderByDescending(t => SafetensorsType.Of(t.Value.dtype).Size).ToList();
        var texts = new JsonObject();
        foreach (var (key, value) in metadata ?? new Dictionary<string, string> { ["format"] = "pt" })
        {
            texts[key] = value;
        }

        var header = new JsonObject { ["__metadata__"] = texts };
        var offset = 0L;
        foreach (var (name, tensor) in ordered)
        {
            var (type, size) = SafetensorsType.Of(tensor.dtype);
            var end = offset + (tensor.numel() * size);
            header.Add(name, new JsonObject
            {
                ["dtype"] = type,
                ["shape"] = new JsonArray([.. tensor.shape.Select(d => (JsonNode)d)]),
                ["data_offsets"] = new JsonArray(offset, end),
            });
            offset = end;
        }

        var json = System.Text.Encoding.UTF8.GetBytes(header.ToJsonString());
        var padded = ((json.Length + 8 + Alignment - 1) / Alignment * Alignment) - 8;
        AtomicFile.Write(path, stream =>
        {
            stream.Write(BitConverter.GetBytes((long)padded));
            stream.Write(json);
            stream.Write([.. Enumerable.Repeat((byte)' ', padded - json.Length)]);
            foreach (var (_, tensor) in ordered)
            {
                foreach (var chunk in Chunks(tensor))
                {
                    stream.Write(chunk.bytes);
                }
            }
        });
    }

    private static FileStream OpenStream(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(path, null, "cannot be read; expected a safetensors file", e);
        }
    }

    private torch.Tensor Read(FileStream stream, SafetensorsEntry entry)
    {
        var tensor = torch.empty(entry.Shape, entry.Type);
        stream.Position = entry.Begin;
        try
        {
            foreach (var chunk in Chunks(tensor))
            {
                stream.ReadExactly(chunk.bytes);
            }
        }
        catch (EndOfStreamException e)
        {
            tensor.Dispose();
            throw new InvalidInputException(Path, null, $"ends within tensor '{entry.Name}'; it has changed since it was opened", e);
        }

        return tensor;
    }

    /// <summary>Views of pieces small enough for a span: <c>[elements]</c>. Those of a contiguous CPU tensor share its memory.</summary>
    private static IEnumerable<torch.Tensor> Chunks(torch.Tensor tensor)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var flat = tensor.detach().cpu().contiguous().view(-1);
        var numel = flat.numel();
        for (var start = 0L; start < numel; start += ChunkElements)
        {
            yield return flat.narrow(0, start, Math.Min(ChunkElements, numel - start));
        }
    }
}
