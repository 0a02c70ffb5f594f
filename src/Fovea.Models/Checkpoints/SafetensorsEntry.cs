using TorchSharp;

namespace Fovea.Models.Checkpoints;

/// <summary>A tensor in a safetensors file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Type of its elements.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Begin">First byte, counted from the start of the file.</param>
/// <param name="ByteCount">Number of bytes.</param>
public sealed record SafetensorsEntry(string Name, torch.ScalarType Type, long[] Shape, long Begin, long ByteCount);

/// <summary>Element types by their names in the format.</summary>
internal static class SafetensorsType
{
    private static readonly (string Name, torch.ScalarType Type, int Size)[] Types =
    [
        ("F64", torch.ScalarType.Float64, 8), ("I64", torch.ScalarType.Int64, 8),
        ("F32", torch.ScalarType.Float32, 4), ("I32", torch.ScalarType.Int32, 4),
        ("F16", torch.ScalarType.Float16, 2), ("BF16", torch.ScalarType.BFloat16, 2), ("I16", torch.ScalarType.Int16, 2),
        ("I8", torch.ScalarType.Int8, 1), ("U8", torch.ScalarType.Byte, 1), ("BOOL", torch.ScalarType.Bool, 1),
    ];

    /// <summary>All names.</summary>
    public static string All => string.Join(", ", Types.Select(t => t.Name));

    public static (torch.ScalarType Type, int Size)? Parse(string name)
    {
        var index = Array.FindIndex(Types, t => t.Name == name);
        return index < 0 ? null : (Types[index].Type, Types[index].Size);
    }

    public static (string Name, int Size) Of(torch.ScalarType type)
    {
        var index = Array.FindIndex(Types, t => t.Type == type);
        return index < 0 ? throw new NotSupportedException($"safetensors has no type for {type}") : (Types[index].Name, Types[index].Size);
    }

    /// <summary>Bytes of a tensor; null where they, or those of its strides, do not fit 63 bits.</summary>
    public static long? ByteCount(int size, long[] shape)
    {
        Int128 strided = size;
        foreach (var dimension in shape)
        {
            strided *= Math.Max(dimension, 1);
            if (strided > long.MaxValue)
            {
                return null;
            }
        }

        return shape.Contains(0) ? 0 : (long)strided;
    }
}
