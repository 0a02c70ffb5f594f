using System.Collections.ObjectModel;
using Fovea.Core.Errors;
using TorchSharp;

namespace Fovea.Models.Checkpoints;

/// <summary>
/// A checkpoint as <c>torch.save</c> writes it since PyTorch 1.6: a zip file, not compressed, of <c>ROOT/data.pkl</c> (a pickle that describes the tensors) and <c>ROOT/data/KEY</c>
/// (their elements, little-endian). The pickle goes through <see cref="RestrictedUnpickler"/>; tensors are copied when read, views with strides included.
/// </summary>
internal sealed class TorchZipFile : ITensorSource
{
    private const long MaxPickleBytes = 32 << 20;
    private readonly TorchZipEntries _entries;
    private readonly Dictionary<string, TorchTensor> _tensors;

    private TorchZipFile(TorchZipEntries entries, Dictionary<string, TorchTensor> tensors)
    {
        _entries = entries;
        _tensors = tensors;
        Tensors = new ReadOnlyDictionary<string, TensorInfo>(
            tensors.ToDictionary(t => t.Key, t => new TensorInfo(t.Key, t.Value.Type, t.Value.Shape, entries.Path), StringComparer.Ordinal));
    }

    /// <inheritdoc/>
    public string Path => _entries.Path;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>Opens the file, reads its pickle and checks that each tensor lies within what is stored.</summary>
    /// <exception cref="InvalidInputException">The file is damaged, or its pickle asks for what is not a tensor.</exception>
    public static TorchZipFile Open(string path)
    {
        var entries = TorchZipEntries.Open(path);
        try
        {
            if (entries.Has("byteorder") && entries.Read("byteorder", 16) is var order && !order.AsSpan().SequenceEqual("little"u8))
            {
                throw new InvalidInputException(path, null, "its byte order is not 'little'; save it again on a little-endian machine");
            }

            var tensors = StateDictionary.Flatten(RestrictedUnpickler.Load(entries.Read("data.pkl", MaxPickleBytes), path), path);
            foreach (var storage in tensors.Values.Select(t => t.Storage).Distinct())
            {
                entries.CheckLength($"data/{storage.Key}", storage.ByteCount);
            }

            return new TorchZipFile(entries, tensors);
        }
        catch
        {
            entries.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public torch.Tensor Read(string name, bool copy = true)
    {
        var tensor = _tensors.TryGetValue(name, out var found) ? found : throw new InvalidInputException(Path, null, $"no tensor '{name}'");
        var size = SafetensorsType.Of(tensor.Type).Size;
        var flat = torch.empty([tensor.Extent], tensor.Type);
        try
        {
            _entries.ReadInto(flat, $"data/{tensor.Storage.Key}", tensor.Offset * size);
            using var view = flat.as_strided(tensor.Shape, tensor.Strides, 0);
            return view.is_contiguous() ? view.alias() : view.contiguous();
        }
        finally
        {
            flat.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _entries.Dispose();
}
