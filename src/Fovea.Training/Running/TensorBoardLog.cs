using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Fovea.Training.Running;

/// <summary>
/// Scalars as TensorBoard reads them: a file of records (length, masked CRC-32C, data, masked CRC-32C; tensorflow/core/lib/io/record_writer.h), each
/// an <c>Event</c> message. Unlike TorchSharp's own writer it stays one file when a run is resumed, each step once, and names no host.
/// </summary>
internal sealed class TensorBoardLog : IDisposable
{
    /// <summary>Within the run's folder.</summary>
    public const string FileName = "tensorboard/events.out.tfevents.0.fovea";

    private const uint MaskDelta = 0xa282ead8;
    private const int HeaderBytes = 12, FooterBytes = 4, MaxRecordBytes = 1 << 20;
    private readonly FileStream _stream;

    /// <summary>Opens for appending behind the last record of step <paramref name="keepSteps"/>; what follows, a torn record included, is cut off.</summary>
    public TensorBoardLog(string path, long keepSteps)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        _stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        _stream.SetLength(KeptBytes(keepSteps));
        _stream.Seek(0, SeekOrigin.End);
        if (_stream.Length == 0)
        {
            var version = "brain.Event:2"u8;
            Write([.. Event(0), 0x1a, (byte)version.Length, .. version]);
        }
    }

    /// <summary>Writes the values of one step; those that are null or not finite are left out.</summary>
    public void Append(long step, IEnumerable<(string Tag, double? Value)> values)
    {
        var summary = new List<byte>();
        foreach (var (tag, value) in values)
        {
            if (value is { } number && double.IsFinite(number))
            {
                var name = Encoding.UTF8.GetBytes(tag);
                byte[] item = [0x0a, .. Varint((ulong)name.Length), .. name, 0x15, .. BitConverter.GetBytes((float)number)];
                summary.AddRange([0x0a, .. Varint((ulong)item.Length), .. item]);
            }
        }

        Write([.. Event(step), 0x2a, .. Varint((ulong)summary.Count), .. summary]);
        _stream.Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    // Fields 1 (wall_time, double) and 2 (step, int64) of Event.
    private static byte[] Event(long step)
    {
        var time = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
        return [0x09, .. BitConverter.GetBytes(time), 0x10, .. Varint((ulong)step)];
    }

    private static List<byte> Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return bytes;
    }

    private static uint MaskedCrc(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var b in data)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        crc = ~crc;
        return ((crc >> 15) | (crc << 17)) + MaskDelta;
    }

    private void Write(ReadOnlySpan<byte> data)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], MaskedCrc(header[..8]));
        Span<byte> footer = stackalloc byte[FooterBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(footer, MaskedCrc(data));
        _stream.Write(header);
        _stream.Write(data);
        _stream.Write(footer);
    }

    private long KeptBytes(long keepSteps)
    {
        var kept = 0L;
        var header = new byte[HeaderBytes];
        var footer = new byte[FooterBytes];
        while (_stream.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) == HeaderBytes
            && BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(8)) == MaskedCrc(header.AsSpan(0, 8))
            && BinaryPrimitives.ReadUInt64LittleEndian(header) is var length and <= MaxRecordBytes)
        {
            var data = new byte[length];
            if (_stream.ReadAtLeast(data, data.Length, throwOnEndOfStream: false) < data.Length
                || _stream.ReadAtLeast(footer, FooterBytes, throwOnEndOfStream: false) < FooterBytes
                || BinaryPrimitives.ReadUInt32LittleEndian(footer) != MaskedCrc(data)
                || StepOf(data) > keepSteps)
            {
                break;
            }

            kept = _stream.Position;
        }

        return kept;
    }

    // Every record here begins with wall_time (9 bytes) and step.
    private static long StepOf(ReadOnlySpan<byte> data)
    {
        var step = 0L;
        for (int i = 10, shift = 0; i < data.Length && shift < 64; i++, shift += 7)
        {
            step |= (long)(data[i] & 0x7f) << shift;
            if (data[i] < 0x80)
            {
                return step;
            }
        }

        return long.MaxValue;
    }
}
