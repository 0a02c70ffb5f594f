using System.Buffers.Binary;
using System.Text;

namespace Fovea.Models.Checkpoints;

/// <summary>Reads a pickle's bytes; whatever would lead beyond their end is an error.</summary>
internal sealed class PickleReader(byte[] pickle, string file)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private int _position;

    public byte Byte() => Bytes(1)[0];

    public int UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Bytes(4));

    public long UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

    public double Double() => BinaryPrimitives.ReadDoubleBigEndian(Bytes(8));

    /// <summary>A length of 8 bytes.</summary>
    public long Length64()
    {
        var value = BinaryPrimitives.ReadInt64LittleEndian(Bytes(8));
        return value >= 0 ? value : throw Error("a length is negative");
    }

    /// <summary>An integer of so many bytes, least significant first, in two's complement.</summary>
    public long Integer(long byteCount)
    {
        if (byteCount > 8)
        {
            throw Error($"an integer of {byteCount} bytes; expected at most 8");
        }

        var value = 0L;
        var bytes = Bytes(byteCount);
        for (var i = 0; i < bytes.Length; i++)
        {
            value |= (long)bytes[i] << (8 * i);
        }

        return bytes.Length is > 0 and < 8 && bytes[^1] >= 0x80 ? value - (1L << (8 * bytes.Length)) : value;
    }

    public ReadOnlySpan<byte> Bytes(long count)
    {
        if (count < 0 || count > pickle.Length - _position)
        {
            throw Error($"{count} bytes are needed, {pickle.Length - _position} remain");
        }

        var bytes = pickle.AsSpan(_position, (int)count);
        _position += (int)count;
        return bytes;
    }

    public string Text(long byteCount)
    {
        var bytes = Bytes(byteCount);
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw Error("a text is not valid UTF-8", e);
        }
    }

    /// <summary>A text up to the next line feed.</summary>
    public string Line()
    {
        var length = pickle.AsSpan(_position).IndexOf((byte)'\n');
        var text = Text(length >= 0 ? length : throw Error("a line does not end"));
        _position++;
        return text;
    }

    public InvalidInputException Error(string message, Exception? inner = null) => new(file, null, $"data.pkl, byte {_position}: {message}", inner);
}
