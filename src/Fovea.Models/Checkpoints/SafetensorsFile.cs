using System.Collections.ObjectModel;
using TorchSharp;

namespace Fovea.Models.Checkpoints;

/// <summary>
/// A safetensors file: an untrusted header, checked when it is opened, and tensors read one at a time, into memory of their own or mapped from the file.
/// </summary>
public sealed class SafetensorsFile : ITensorSource
{
    private readonly CheckpointFile _file;
    private readonly MappedFile _mapped;
    private readonly Dictionary<string, SafetensorsEntry> _entries;

    private SafetensorsFile(CheckpointFile file, SafetensorsHeader header)
    {
        _file = file;
        _mapped = new MappedFile(file, header.DataStart);
        Metadata = header.Metadata;
        _entries = header.Entries.ToDictionary(e => e.Name, StringComparer.Ordinal);
        Tensors = new ReadOnlyDictionary<string, TensorInfo>(
            _entries.Values.ToDictionary(e => e.Name, e => new TensorInfo(e.Name, e.Type, e.Shape, file.Path), StringComparer.Ordinal));
    }

    /// <inheritdoc/>
    public string Path => _file.Path;

    /// <summary>Free texts by name.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Tensors by name, with their places in the file.</summary>
    public IReadOnlyDictionary<string, SafetensorsEntry> Entries => _entries;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>Reads and checks the header. The file stays open until the source is disposed.</summary>
    /// <exception cref="InvalidInputException">The file is missing or its header is not valid.</exception>
    public static SafetensorsFile Open(string path)
    {
        var file = CheckpointFile.Open(path);
        try
        {
            return new SafetensorsFile(file, SafetensorsHeader.Read(file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads one tensor into new memory. The caller owns it.</summary>
    /// <exception cref="InvalidInputException">There is none of that name.</exception>
    public torch.Tensor Read(string name) => Read(name, copy: true);

    /// <inheritdoc/>
    public torch.Tensor Read(string name, bool copy)
    {
        var entry = _entries.TryGetValue(name, out var found) ? found : throw new InvalidInputException(Path, null, $"no tensor '{name}'");
        return (copy ? null : _mapped.TryView(entry)) ?? _file.ReadTensor(entry);
    }

    /// <summary>Reads all tensors, in the order in which they lie in the file. The caller owns them.</summary>
    public Dictionary<string, torch.Tensor> ReadAll() =>
        _entries.Values.OrderBy(e => e.Begin).ToDictionary(e => e.Name, e => Read(e.Name), StringComparer.Ordinal);

    /// <summary>Writes tensors to one file, aside and then renamed; see <see cref="SafetensorsWriter"/> for their order.</summary>
    /// <param name="path">Where.</param>
    /// <param name="tensors">By name; on any device.</param>
    /// <param name="metadata">Free texts by name; null for <c>format: pt</c>, which Transformers asks for.</param>
    public static void Write(string path, IEnumerable<KeyValuePair<string, torch.Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        SafetensorsWriter.Write(path, [.. tensors.Select(t => SavedTensor.Of(t.Key, t.Value))], metadata);

    /// <summary>Closes the file. Tensors that were read stay valid, mapped ones too.</summary>
    public void Dispose()
    {
        _mapped.Dispose();
        _file.Dispose();
    }
}
