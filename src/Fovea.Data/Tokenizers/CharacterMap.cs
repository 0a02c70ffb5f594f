using System.Buffers.Binary;
using System.Text;

namespace Fovea.Data.Tokenizers;

/// <summary>
/// SentencePiece's precompiled table of replacements: a double-array trie (Aoe 1989, in the layout of Darts-clone) over UTF-8, whose values are offsets of
/// NUL-terminated strings behind it. Reads nothing outside the table, whatever the table says.
/// </summary>
internal sealed class CharacterMap
{
    private readonly uint[] _units;
    private readonly byte[] _strings;

    private CharacterMap(uint[] units, byte[] strings)
    {
        _units = units;
        _strings = strings;
    }

    /// <summary>Reads a table: the trie's size in bytes, the trie, the strings.</summary>
    /// <exception cref="FormatException">The table is cut short.</exception>
    public static CharacterMap Read(byte[] table)
    {
        var size = table.Length < 4 ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(table);
        if (size % 4 != 0 || size == 0 || size > table.Length - 4)
        {
            throw new FormatException("the table of replacements (precompiled_charsmap) is cut short");
        }

        var units = new uint[size / 4];
        for (var i = 0; i < units.Length; i++)
        {
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(table.AsSpan(4 + (i * 4)));
        }

        return new CharacterMap(units, table[(4 + (int)size)..]);
    }

    /// <summary>The longest replaced prefix of a text: its length in bytes (0: none) and what stands for it.</summary>
    public (int Length, string Text) Longest(ReadOnlySpan<byte> utf8)
    {
        var (length, value) = (0, 0u);
        var node = Offset(_units[0]);
        for (var i = 0; i < utf8.Length; i++)
        {
            node ^= utf8[i];
            if (node >= _units.Length || (_units[node] & (0x80000000 | 0xFF)) != utf8[i])
            {
                break;
            }

            var unit = _units[node];
            node ^= Offset(unit);
            if ((unit >> 8 & 1) == 1 && node < _units.Length)
            {
                (length, value) = (i + 1, _units[node] & 0x7FFFFFFF);
            }
        }

        return length == 0 ? (0, "") : (length, TextAt(value));
    }

    private static uint Offset(uint unit) => unit >> 10 << (int)((unit & (1 << 9)) >> 6);

    private string TextAt(uint offset)
    {
        if (offset >= _strings.Length)
        {
            return "";
        }

        var rest = _strings.AsSpan((int)offset);
        var end = rest.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]);
    }
}
