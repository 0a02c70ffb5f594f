using Fovea.Torch;
using Fovea.Verification.Checks;
using static TorchSharp.torch;

namespace Fovea.Verification.Fixtures;

/// <summary>Tensors as numbers, and comparisons of them.</summary>
internal static class TensorValues
{
    public static float[] Floats(this Tensor tensor)
    {
        using var plain = tensor.detach().to(ScalarType.Float32);
        return TensorBytes.ToArray<float>(plain);
    }

    public static long[] Longs(this Tensor tensor)
    {
        using var plain = tensor.to(ScalarType.Int64);
        return TensorBytes.ToArray<long>(plain);
    }

    public static int[] Ints(this Tensor tensor) => Array.ConvertAll(Longs(tensor), v => checked((int)v));

    /// <summary>An image <c>[3, height, width]</c>.</summary>
    public static PixelValues Image(Tensor chw) => chw.dim() == 3
        ? new PixelValues((int)chw.shape[0], (int)chw.shape[1], (int)chw.shape[2], Floats(chw))
        : throw new ReferenceException($"an image is [{string.Join(", ", chw.shape)}], expected [3, height, width]");

    /// <summary>Compares, where the mask (of the leading axes) is 1, or everywhere.</summary>
    /// <exception cref="ReferenceException">The shapes differ.</exception>
    public static Difference Compare(this Tolerance tolerance, Tensor actual, Tensor expected, Tensor? mask = null)
    {
        if (!actual.shape.AsSpan().SequenceEqual(expected.shape))
        {
            throw new ReferenceException($"shape [{string.Join(", ", actual.shape)}], expected [{string.Join(", ", expected.shape)}]");
        }

        var (x, y) = (Floats(actual), Floats(expected));
        var keep = mask is null ? null : Longs(mask);
        if (keep is { Length: 0 } || (keep is not null && x.Length % keep.Length != 0))
        {
            throw new ReferenceException($"a mask of {keep.Length} positions for {x.Length} values");
        }

        var width = keep is null ? 1 : x.Length / keep.Length;
        return tolerance.Worst(x.Length, i => x[i], i => y[i], i => $"value {i}", keep is null ? null : i => keep[i / width] == 1);
    }
}
