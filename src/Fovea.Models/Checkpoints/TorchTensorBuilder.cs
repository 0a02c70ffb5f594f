using TorchSharp;

namespace Fovea.Models.Checkpoints;

/// <summary>Makes descriptions of storages and tensors from a pickle's values, and checks that each tensor lies within its storage.</summary>
internal sealed class TorchTensorBuilder(PickleReader reader)
{
    private const int MaxDimensions = 16;

    /// <summary>A persistent id: <c>("storage", type, key, location, number of elements)</c>.</summary>
    public TorchStorage Storage(object? id)
    {
        if (id is not object?[] { Length: 5 } parts || parts[0] is not "storage"
            || parts[1] is not PickleGlobal { Kind: PickleGlobalKind.Storage } type || parts[2] is not string key || parts[4] is not (long and >= 0))
        {
            throw reader.Error("expected a storage: its type, key, location and number of elements");
        }

        var count = (long)parts[4]!;
        var size = type.Type is { } element ? SafetensorsType.Of(element).Size : 1;
        return count <= long.MaxValue / size
            ? new TorchStorage(key, type.Type, count * size)
            : throw reader.Error($"storage '{Quoted.Shorten(key)}': {count} elements are too many");
    }

    /// <summary>
    /// <c>_rebuild_tensor(storage, offset, shape, strides)</c>; version 2 adds arguments without a meaning here, version 3 the dtype as the seventh.
    /// </summary>
    public TorchTensor Tensor(PickleGlobalKind version, object?[] arguments)
    {
        if (arguments.Length < 4 || arguments[0] is not TorchStorage storage || arguments[1] is not (long and >= 0)
            || Naturals(arguments[2]) is not { } shape || Naturals(arguments[3]) is not { } strides || shape.Length != strides.Length)
        {
            throw reader.Error($"expected a tensor: storage, offset, and as many strides as dimensions (at most {MaxDimensions}), none negative");
        }

        var type = version == PickleGlobalKind.TensorVersion3 ? Dtype(arguments) : storage.Type;
        if (type is not { } known)
        {
            throw reader.Error("a tensor of untyped bytes; expected a dtype");
        }

        var offset = (long)arguments[1]!;
        CheckInside(storage, storage.ByteCount / SafetensorsType.Of(known).Size, offset, shape, strides);
        return new TorchTensor(storage, known, offset, shape, strides);
    }

    private torch.ScalarType Dtype(object?[] arguments) =>
        arguments.Length > 6 && arguments[6] is PickleGlobal { Kind: PickleGlobalKind.Dtype, Type: { } type }
            ? type : throw reader.Error("expected a dtype as the tensor's seventh argument");

    private static long[]? Naturals(object? value) =>
        value is object?[] { Length: <= MaxDimensions } items && items.All(i => i is long and >= 0) ? Array.ConvertAll(items, i => (long)i!) : null;

    private void CheckInside(TorchStorage storage, long capacity, long offset, long[] shape, long[] strides)
    {
        if (SafetensorsType.ByteCount(8, shape) is null)
        {
            throw reader.Error($"a tensor [{string.Join(", ", shape)}] is too large for any machine");
        }

        if (shape.Contains(0))
        {
            return;
        }

        // Neither overflows: both are held to the storage, which has less than 2^63 elements, at each step.
        Int128 elements = 1, last = offset;
        for (var i = 0; i <= shape.Length; i++)
        {
            if (elements > capacity || last >= capacity)
            {
                throw reader.Error($"a tensor [{string.Join(", ", shape)}] with strides [{string.Join(", ", strides)}] does not fit its storage "
                    + $"'{Quoted.Shorten(storage.Key)}' of {capacity} elements from {offset} on (expanded views are not supported)");
            }

            if (i < shape.Length)
            {
                elements *= shape[i];
                last += (Int128)(shape[i] - 1) * strides[i];
            }
        }
    }
}
