namespace Fovea.Data.Tokenizers;

/// <summary>
/// GPT-2's alphabet: a visible character for each byte. Bytes that are visible in Latin-1 stand for themselves, the others are U+0100 onwards.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] Characters = Make();
    private static readonly short[] Bytes = Invert();

    public static char Of(byte value) => Characters[value];

    /// <summary>The byte of a character, or -1.</summary>
    public static int ByteOf(char character) => character < Bytes.Length ? Bytes[character] : -1;

    private static char[] Make()
    {
        var characters = new char[256];
        var next = '\u0100';
        for (var b = 0; b < 256; b++)
        {
            characters[b] = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE ? (char)b : next++;
        }

        return characters;
    }

    private static short[] Invert()
    {
        var bytes = new short[Characters.Max() + 1];
        Array.Fill(bytes, (short)-1);
        for (var b = 0; b < 256; b++)
        {
            bytes[Characters[b]] = (short)b;
        }

        return bytes;
    }
}
