using System.Buffers.Binary;

namespace Fovea.Models.Onnx;

/// <summary>Fields of a message in protobuf's wire format, one after the other, without copying what they hold.</summary>
/// <exception cref="InvalidDataException">The bytes are not in that format.</exception>
internal ref struct WireReader(ReadOnlySpan<byte> message)
{
    private const int VariableLength = 0, EightBytes = 1, Delimited = 2, FourBytes = 5;
    private const int MostVarintBits = 63;
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>Number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>Its number, where it holds one.</summary>
    public ulong Number { get; private set; }

    /// <summary>Its bytes, where it holds a text, a message or packed numbers; else empty.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Goes to the next field; false at the end.</summary>
    public bool Next()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        var tag = Varint();
        (Field, Number) = ((int)Math.Min(tag >> 3, int.MaxValue), 0);
        Bytes = default;
        switch ((int)(tag & 7))
        {
            case VariableLength:
                Number = Varint();
                break;
            case EightBytes:
                Number = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
                break;
            case Delimited:
                Bytes = Take(Varint());
                break;
            case FourBytes:
                Number = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
                break;
            default:
                throw new InvalidDataException();
        }

        return Field > 0 ? true : throw new InvalidDataException();
    }

    private ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift <= MostVarintBits; shift += 7)
        {
            var next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException();
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)_rest.Length)
        {
            throw new InvalidDataException();
        }

        var taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }
}
