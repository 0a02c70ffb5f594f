using TorchSharp;

namespace Fovea.Models.Checkpoints;

/// <summary>A tensor to be written, made or converted only when its turn comes.</summary>
/// <param name="Name">Its name in the checkpoint.</param>
/// <param name="Type">Type of its elements in the file.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Read">Gives the tensor, of that type and shape, on any device; whoever calls it owns the result.</param>
public sealed record SavedTensor(string Name, torch.ScalarType Type, long[] Shape, Func<torch.Tensor> Read)
{
    /// <summary>Bytes of its elements.</summary>
    public long ByteCount => Shape.Aggregate((long)SafetensorsType.Of(Type).Size, (product, dimension) => checked(product * dimension));

    /// <summary>A tensor in memory, converted to <paramref name="type"/> while it is written.</summary>
    public static SavedTensor Of(string name, torch.Tensor tensor, torch.ScalarType? type = null)
    {
        var target = type ?? tensor.dtype;
        return new SavedTensor(name, target, tensor.shape, () =>
        {
            using var detached = tensor.detach();
            return detached.dtype == target ? detached.alias() : detached.to(target);
        });
    }

    /// <summary>All tensors of another checkpoint, read one by one.</summary>
    public static IEnumerable<SavedTensor> From(ITensorSource source) =>
        source.Tensors.Values.Select(t => new SavedTensor(t.Name, t.Type, t.Shape, () => source.Read(t.Name, copy: false)));
}
