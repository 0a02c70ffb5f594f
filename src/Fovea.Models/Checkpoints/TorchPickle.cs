using TorchSharp;

namespace Fovea.Models.Checkpoints;

/// <summary>A name in a pickle that is known, and what it means.</summary>
/// <param name="Name">Module and name.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Type">Element type of a storage or of a dtype.</param>
internal sealed record PickleGlobal(string Name, PickleGlobalKind Kind, torch.ScalarType? Type = null);

internal enum PickleGlobalKind
{
    OrderedDictionary,
    TensorVersion1,
    TensorVersion2,
    TensorVersion3,
    Parameter,
    Size,
    Device,
    Storage,
    Dtype,
}

/// <summary>The bytes <c>data/KEY</c> of a torch zip file.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Type">Type of its elements; null for untyped bytes.</param>
/// <param name="ByteCount">Number of bytes.</param>
internal sealed record TorchStorage(string Key, torch.ScalarType? Type, long ByteCount);

/// <summary>A view of a storage. All of it lies inside, and it has no more elements than the storage.</summary>
/// <param name="Storage">The storage.</param>
/// <param name="Type">Type of the elements.</param>
/// <param name="Offset">Index of the first element in the storage.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Strides">Steps between neighbours along each dimension, in elements.</param>
internal sealed record TorchTensor(TorchStorage Storage, torch.ScalarType Type, long Offset, long[] Shape, long[] Strides)
{
    /// <summary>Elements from the first to the last, those between included.</summary>
    public long Extent { get; } = Shape.Contains(0) ? 0 : 1 + Shape.Zip(Strides, (d, s) => (d - 1) * s).Sum();

    /// <summary>Whether the elements lie in order and without holes.</summary>
    public bool IsContiguous
    {
        get
        {
            var expected = 1L;
            for (var i = Shape.Length - 1; i >= 0; i--)
            {
                if (Shape[i] != 1 && Strides[i] != expected && Extent > 0)
                {
                    return false;
                }

                expected *= Shape[i];
            }

            return true;
        }
    }
}

/// <summary>A dictionary of a pickle; integer keys are kept as texts.</summary>
internal sealed class PickleDictionary() : Dictionary<string, object?>(StringComparer.Ordinal);

/// <summary>The only names that a checkpoint may ask for: those that tensors, and the dictionaries around them, are made of.</summary>
internal static class TorchPickle
{
    private static readonly (string Storage, torch.ScalarType Type, string[] Dtypes)[] Types =
    [
        ("DoubleStorage", torch.ScalarType.Float64, ["float64", "double"]), ("FloatStorage", torch.ScalarType.Float32, ["float32", "float"]),
        ("HalfStorage", torch.ScalarType.Float16, ["float16", "half"]), ("BFloat16Storage", torch.ScalarType.BFloat16, ["bfloat16"]),
        ("LongStorage", torch.ScalarType.Int64, ["int64", "long"]), ("IntStorage", torch.ScalarType.Int32, ["int32", "int"]),
        ("ShortStorage", torch.ScalarType.Int16, ["int16", "short"]), ("CharStorage", torch.ScalarType.Int8, ["int8"]),
        ("ByteStorage", torch.ScalarType.Byte, ["uint8"]), ("BoolStorage", torch.ScalarType.Bool, ["bool"]),
    ];

    private static readonly Dictionary<string, PickleGlobal> Known = All().ToDictionary(g => g.Name, StringComparer.Ordinal);

    /// <summary>What a name means; null for every name that is not needed for tensors.</summary>
    public static PickleGlobal? Find(string name) => Known.GetValueOrDefault(name);

    private static IEnumerable<PickleGlobal> All()
    {
        yield return new("collections.OrderedDict", PickleGlobalKind.OrderedDictionary);
        yield return new("torch._utils._rebuild_tensor", PickleGlobalKind.TensorVersion1);
        yield return new("torch._utils._rebuild_tensor_v2", PickleGlobalKind.TensorVersion2);
        yield return new("torch._utils._rebuild_tensor_v3", PickleGlobalKind.TensorVersion3);
        yield return new("torch._utils._rebuild_parameter", PickleGlobalKind.Parameter);
        yield return new("torch._utils._rebuild_parameter_with_state", PickleGlobalKind.Parameter);
        yield return new("torch.Size", PickleGlobalKind.Size);
        yield return new("torch.device", PickleGlobalKind.Device);
        yield return new("torch.UntypedStorage", PickleGlobalKind.Storage);
        yield return new("torch.storage.UntypedStorage", PickleGlobalKind.Storage);
        foreach (var (storage, type, dtypes) in Types)
        {
            yield return new("torch." + storage, PickleGlobalKind.Storage, type);
            foreach (var dtype in dtypes)
            {
                yield return new("torch." + dtype, PickleGlobalKind.Dtype, type);
            }
        }
    }
}
