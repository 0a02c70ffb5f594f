using System.Collections.ObjectModel;
using TorchSharp;

namespace Fovea.Models.Checkpoints;

/// <summary>
/// A checkpoint as <c>torch.save</c> writes it since PyTorch 1.6: a zip file, not compressed, of <c>ROOT/data.pkl</c> (a pickle that describes
/// the tensors) and <c>ROOT/data/KEY</c> (their elements, little-endian). The pickle goes through <see cref="RestrictedUnpickler"/>.
/// </summary>
internal sealed class TorchZipFile : ITensorSource
{
    private const long MaxPickleBytes = 32 << 20, ComparedBytes = 1 << 16;
    private readonly CheckpointFile _file;
    private readonly TorchZipEntries _entries;
    private readonly MappedFile _mapped;
    private readonly Dictionary<string, TorchTensor> _tensors;

    private TorchZipFile(CheckpointFile file, TorchZipEntries entries, Dictionary<string, TorchTensor> tensors)
    {
        (_file, _entries, _tensors) = (file, entries, tensors);
        _mapped = new MappedFile(file, Math.Min(ComparedBytes, file.Length));
        Tensors = new ReadOnlyDictionary<string, TensorInfo>(
            tensors.ToDictionary(t => t.Key, t => new TensorInfo(t.Key, t.Value.Type, t.Value.Shape, file.Path), StringComparer.Ordinal));
    }

    /// <inheritdoc/>
    public string Path => _file.Path;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>Opens the file, reads its pickle and checks that each tensor lies within what is stored.</summary>
    /// <exception cref="InvalidInputException">The file is damaged, or its pickle asks for what is not a tensor.</exception>
    public static TorchZipFile Open(string path)
    {
        var file = CheckpointFile.Open(path);
        TorchZipEntries? entries = null;
        try
        {
            entries = TorchZipEntries.Open(file);
            if (entries.Has("byteorder") && entries.Read("byteorder", 16) is var order && !order.AsSpan().SequenceEqual("little"u8))
            {
                throw new InvalidInputException(path, null, "its byte order is not 'little'; save it again on a little-endian machine");
            }

            var tensors = StateDictionary.Flatten(RestrictedUnpickler.Load(entries.Read("data.pkl", MaxPickleBytes), path), path);
            foreach (var storage in tensors.Values.Select(t => t.Storage).Distinct())
            {
                var length = entries.Length($"data/{storage.Key}");
                if (length != storage.ByteCount)
                {
                    throw new InvalidInputException(path, null, $"data/{Quoted.Shorten(storage.Key)} has {length} bytes; the pickle says {storage.ByteCount}");
                }
            }

            return new TorchZipFile(file, entries, tensors);
        }
        catch
        {
            entries?.Dispose();
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public torch.Tensor Read(string name, bool copy = true)
    {
        var tensor = _tensors.TryGetValue(name, out var found) ? found : throw new InvalidInputException(Path, null, $"no tensor '{name}'");
        var size = SafetensorsType.Of(tensor.Type).Size;
        var begin = _entries.Begin($"data/{tensor.Storage.Key}") + (tensor.Offset * size);
        var entry = new SafetensorsEntry(name, tensor.Type, tensor.IsContiguous ? tensor.Shape : [tensor.Extent], begin, tensor.Extent * size);
        if (tensor.IsContiguous)
        {
            return (copy ? null : _mapped.TryView(entry)) ?? _file.ReadTensor(entry);
        }

        using var flat = _mapped.TryView(entry) ?? _file.ReadTensor(entry);
        using var view = flat.as_strided(tensor.Shape, tensor.Strides,
            flat.storage_offset()); // which counts from the start of the storage, here maybe the mapped file
        return view.contiguous();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _mapped.Dispose();
        _entries.Dispose();
        _file.Dispose();
    }
}
