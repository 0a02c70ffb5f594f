using System.Runtime.InteropServices;
using System.Text;

namespace Fovea.Tests.Models;

/// <summary>
/// Small ONNX models written by hand, field by field: a 3 x 3 convolution of stride 2 with a bias, ReLU (<c>features</c>), and their mean
/// (<c>pooled</c>, the only output) or their rows (<c>rows</c>), as the test asks.
/// </summary>
internal static class OnnxBytes
{
    public const int Side = 9, Grid = 4, Channels = 6;

    /// <summary>Weights of the convolution: <c>[6, 3, 3, 3]</c>.</summary>
    public static float[] Kernel { get; } = [.. Enumerable.Range(0, Channels * 27).Select(i => MathF.Sin(i + 1) / 3)];

    /// <summary>Its bias: <c>[6]</c>.</summary>
    public static float[] Bias { get; } = [0.1f, -0.2f, 0.3f, 0, 0.5f, -0.4f];

    /// <summary>A model's bytes.</summary>
    /// <param name="images">Size of the input's first dimension; null leaves it open.</param>
    /// <param name="rows">Whether the output is <c>[1, 16, 6]</c>, and not the mean.</param>
    /// <param name="elsewhere">A file that holds the bias; null keeps it inside.</param>
    public static byte[] Model(int? images = 1, bool rows = false, string? elsewhere = null)
    {
        var bias = elsewhere is null
            ? [.. Number(1, Channels), .. Number(2, 1), .. Text(8, "bias"), .. Bytes(9, MemoryMarshal.AsBytes(Bias.AsSpan()).ToArray())]
            : (byte[])[.. Number(1, Channels), .. Number(2, 1), .. Text(8, "bias"), .. Bytes(13, [.. Text(1, "location"), .. Text(2, elsewhere)]), .. Number(14, 1)];
        byte[] kernel = [.. Number(1, Channels), .. Number(1, 3), .. Number(1, 3), .. Number(1, 3), .. Number(2, 1), .. Text(8, "kernel"),
            .. Bytes(9, MemoryMarshal.AsBytes(Kernel.AsSpan()).ToArray())];
        byte[] graph =
        [
            .. Bytes(1, [.. Text(1, "pixels"), .. Text(1, "kernel"), .. Text(1, "bias"), .. Text(2, "conv"), .. Text(4, "Conv"),
                .. Bytes(5, [.. Text(1, "strides"), .. Number(8, 2), .. Number(8, 2), .. Number(20, 7)])]),
            .. Bytes(1, [.. Text(1, "conv"), .. Text(2, "features"), .. Text(4, "Relu")]),
            .. rows ? Rows : Bytes(1, [.. Text(1, "features"), .. Text(2, "pooled"), .. Text(4, "GlobalAveragePool")]),
            .. Text(2, "small"),
            .. Bytes(5, kernel),
            .. Bytes(5, bias),
            .. Bytes(11, Value("pixels", images, 3, Side, Side)),
            .. Bytes(12, rows ? Value("rows", images, 16, Channels) : Value("pooled", images, Channels, 1, 1)),
        ];
        return [.. Number(1, 8), .. Bytes(7, graph), .. Bytes(8, [.. Text(1, ""), .. Number(2, 13)])];
    }

    private static byte[] Rows =>
    [
        .. Bytes(5, [.. Number(1, 3), .. Number(2, 7), .. Text(8, "shape"),
            .. Bytes(9, MemoryMarshal.AsBytes(new long[] { 0, Channels, 16 }.AsSpan()).ToArray())]),
        .. Bytes(1, [.. Text(1, "features"), .. Text(1, "shape"), .. Text(2, "flat"), .. Text(4, "Reshape")]),
        .. Bytes(1, [.. Text(1, "flat"), .. Text(2, "rows"), .. Text(4, "Transpose"),
            .. Bytes(5, [.. Text(1, "perm"), .. Number(8, 0), .. Number(8, 2), .. Number(8, 1), .. Number(20, 7)])]),
    ];

    private static byte[] Value(string name, int? images, params int[] sides)
    {
        byte[] first = images is { } n ? Number(1, (ulong)n) : Text(2, "images");
        byte[] shape = [.. Bytes(1, first), .. sides.SelectMany(s => Bytes(1, Number(1, (ulong)s)))];
        return [.. Text(1, name), .. Bytes(2, Bytes(1, [.. Number(1, 1), .. Bytes(2, shape)]))];
    }

    private static byte[] Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

    private static byte[] Bytes(int field, byte[] content) => [.. Varint(((ulong)field << 3) | 2), .. Varint((ulong)content.Length), .. content];

    private static byte[] Number(int field, ulong value) => [.. Varint((ulong)field << 3), .. Varint(value)];

    private static IEnumerable<byte> Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            yield return (byte)(value | 0x80);
        }

        yield return (byte)value;
    }
}
