using System.Runtime.InteropServices;
using System.Security.Cryptography;
using TorchSharp;

namespace Fovea.Torch;

/// <summary>
/// A tensor's memory in pieces. TorchSharp shows all of it as one span of bytes, which ends at 2 GiB; a tensor may hold more bytes, and more than 2^31
/// elements. Whatever reads, writes or hashes whole tensors does it here.
/// </summary>
public static unsafe class TensorBytes
{
    /// <summary>Largest piece unless another is given: 64 MiB.</summary>
    public const int PieceBytes = 64 << 20;

    /// <summary>Bytes of all elements.</summary>
    public static long Count(torch.Tensor tensor) => tensor.numel() * tensor.element_size();

    /// <summary>Where a contiguous CPU tensor's first element is; 0 if it has none. Valid as long as the tensor is kept alive.</summary>
    public static nint Address(torch.Tensor tensor)
    {
        if (tensor.numel() == 0)
        {
            return 0;
        }

        using var noGrad = torch.no_grad();
        using var flat = tensor.view(-1);
        using var first = flat.narrow(0, 0, 1); // the span of all bytes cannot be longer than 2 GiB
        fixed (byte* bytes = first.bytes)
        {
            return (nint)bytes;
        }
    }

    /// <summary>Some elements of a contiguous CPU tensor, where they are in memory. Valid as long as the tensor is kept alive.</summary>
    /// <typeparam name="T">Of the tensor's element size.</typeparam>
    /// <param name="tensor">Whose elements.</param>
    /// <param name="start">First one, in row-major order.</param>
    /// <param name="count">How many.</param>
    public static Span<T> Elements<T>(torch.Tensor tensor, long start, int count)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, tensor.numel() - count);
        return sizeof(T) == tensor.element_size()
            ? new Span<T>((T*)Address(tensor) + start, count)
            : throw new ArgumentException($"elements of {sizeof(T)} bytes; those of {tensor.dtype} have {tensor.element_size()}", nameof(tensor));
    }

    /// <summary>All elements, in row-major order.</summary>
    /// <typeparam name="T">Of the tensor's element size.</typeparam>
    /// <param name="tensor">On any device; fewer than 2^31 elements.</param>
    public static T[] ToArray<T>(torch.Tensor tensor)
        where T : unmanaged
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var local = tensor.detach().cpu().contiguous();
        var values = Elements<T>(local, 0, checked((int)local.numel())).ToArray();
        GC.KeepAlive(local);
        return values;
    }

    /// <summary>Hands over all bytes, in row-major order.</summary>
    /// <param name="tensor">On any device, contiguous or not.</param>
    /// <param name="read">Called once for each piece; the span is valid during the call.</param>
    /// <param name="pieceBytes">Largest piece.</param>
    public static void Read(torch.Tensor tensor, Action<ReadOnlySpan<byte>> read, int pieceBytes = PieceBytes)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var local = tensor.detach().cpu().contiguous();
        ForEach(local, (piece, _) => read(piece), pieceBytes);
    }

    /// <summary>Fills a contiguous CPU tensor.</summary>
    /// <param name="tensor">Which.</param>
    /// <param name="write">Called once for each piece, with the place of its first byte; it must write the whole span.</param>
    /// <param name="pieceBytes">Largest piece.</param>
    public static void Fill(torch.Tensor tensor, Action<Span<byte>, long> write, int pieceBytes = PieceBytes)
    {
        if (!tensor.is_contiguous() || tensor.device_type != DeviceType.CPU)
        {
            throw new ArgumentException("expected a contiguous tensor in the processor's memory", nameof(tensor));
        }

        ForEach(tensor, write, pieceBytes);
    }

    /// <summary>Fills a new float32 tensor, one element after the other.</summary>
    /// <param name="shape">Of the tensor.</param>
    /// <param name="next">The next element, in row-major order.</param>
    /// <param name="pieceBytes">Most that is filled at a time.</param>
    public static torch.Tensor Generate(ReadOnlySpan<long> shape, Func<float> next, int pieceBytes = PieceBytes)
    {
        var tensor = torch.empty(shape, torch.ScalarType.Float32);
        Fill(
            tensor,
            (piece, _) =>
            {
                foreach (ref var value in MemoryMarshal.Cast<byte, float>(piece))
                {
                    value = next();
                }
            },
            Math.Max(sizeof(float), pieceBytes / sizeof(float) * sizeof(float)));
        return tensor;
    }

    /// <summary>Appends all bytes to a hash, which comes out the same whatever the size of the pieces.</summary>
    public static void AppendTo(IncrementalHash hash, torch.Tensor tensor, int pieceBytes = PieceBytes) => Read(tensor, hash.AppendData, pieceBytes);

    /// <summary>SHA-256 of all bytes, as lower-case hex.</summary>
    public static string Sha256(torch.Tensor tensor, int pieceBytes = PieceBytes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        AppendTo(hash, tensor, pieceBytes);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void ForEach(torch.Tensor local, Action<Span<byte>, long> work, int pieceBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pieceBytes);
        var (address, count) = (Address(local), Count(local));
        for (var done = 0L; done < count; done += pieceBytes)
        {
            work(new Span<byte>((byte*)address + done, (int)Math.Min(pieceBytes, count - done)), done);
        }

        GC.KeepAlive(local);
    }
}
