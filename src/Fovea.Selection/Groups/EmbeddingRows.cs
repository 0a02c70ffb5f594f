using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;

namespace Fovea.Selection.Groups;

/// <summary>
/// Embeddings <c>[rows, width]</c> in NumPy's form (<c>.npy</c>, float16, float32 or float64, little-endian, row by row), read piece by piece: memory does
/// not grow with the file. Thread-safe.
/// </summary>
public sealed partial class EmbeddingRows : IDisposable
{
    private const int HeadBytes = 1 << 16, MaxWidth = 1 << 16;
    private readonly FileStream _file;
    private readonly string _path;
    private readonly long _start;
    private readonly int _bytes;

    private EmbeddingRows(FileStream file, string path, long start, int bytes, int rows, int width) =>
        (_file, _path, _start, _bytes, Rows, Width) = (file, path, start, bytes, rows, width);

    /// <summary>Number of rows, one a sample.</summary>
    public int Rows { get; }

    /// <summary>Numbers in a row.</summary>
    public int Width { get; }

    /// <summary>Opens a file and reads its header.</summary>
    /// <exception cref="InvalidInputException">It is no such file.</exception>
    public static EmbeddingRows Open(string path)
    {
        var file = RegularFile.Open(path, RegularFile.MaxCorpus);
        try
        {
            return Open(file, path);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads whole rows as float32.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="rows">As many rows as fit.</param>
    /// <exception cref="InvalidInputException">A number is not finite (its row is named), or the file ends early.</exception>
    public void Read(int first, Span<float> rows)
    {
        var bytes = new byte[rows.Length * _bytes];
        for (var read = 0; read < bytes.Length;)
        {
            var more = RandomAccess.Read(_file.SafeFileHandle, bytes.AsSpan(read), _start + ((long)first * Width * _bytes) + read);
            read += more > 0 ? more : throw new InvalidInputException(_path, null, "ends early; write it again");
        }

        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = _bytes switch
            {
                2 => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes.AsSpan(2 * i)),
                8 => (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(8 * i)),
                _ => BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(4 * i)),
            };
        }

        if (rows.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue) is >= 0 and var wrong)
        {
            throw new InvalidInputException(_path, null, $"row {first + (wrong / Width)}: expected finite numbers, got {rows[wrong]}");
        }
    }

    public void Dispose() => _file.Dispose();

    private static EmbeddingRows Open(FileStream file, string path)
    {
        InvalidInputException Wrong(string got) => new(path, null,
            $"expected embeddings in NumPy's form, [samples, width] of float16, float32 or float64, row by row, got {got}; write them with numpy.save");
        var head = new byte[HeadBytes];
        var length = RandomAccess.Read(file.SafeFileHandle, head, 0);
        if (length < 12 || head[0] != 0x93 || !head.AsSpan(1, 5).SequenceEqual("NUMPY"u8))
        {
            throw Wrong("another kind of file");
        }

        var (textAt, textLength) = head[6] == 1 ? (10, BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(8)))
            : (12, (int)Math.Min(int.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(8))));
        if (textLength > length - textAt)
        {
            throw Wrong("a header that does not end");
        }

        var text = Encoding.ASCII.GetString(head, textAt, textLength);
        var bytes = Type().Match(text).Groups[1].Value is var type && type is "<f2" or "<f4" or "<f8" ? type[2] - '0' : 0;
        var shape = Shape().Match(text);
        if (bytes == 0 || text.Contains("'fortran_order': True", StringComparison.Ordinal) || !shape.Success
            || !int.TryParse(shape.Groups[1].Value, out var rows) || !int.TryParse(shape.Groups[2].Value, out var width) || width is 0 or > MaxWidth)
        {
            throw Wrong(Quoted.Shorten(text.Trim()));
        }

        var (expected, got) = (textAt + textLength + ((long)rows * width * bytes), file.Length);
        return got == expected
            ? new EmbeddingRows(file, path, textAt + textLength, bytes, rows, width)
            : throw new InvalidInputException(path, null, $"expected {expected} bytes for {rows} x {width} numbers, got {got}; write it again");
    }

    [GeneratedRegex("'descr': '([^']*)'")]
    private static partial Regex Type();

    [GeneratedRegex(@"'shape': \((\d+), (\d+)\)")]
    private static partial Regex Shape();
}
