namespace Fovea.Data.Images;

/// <summary>
/// The first frame of a GIF as Pillow shows it: a transparent pixel has the colour that the palette gives its index, and what
/// the frame leaves uncovered has the transparent index's colour (index 0's where there is none). A decoder that honours transparency loses both.
/// </summary>
/// <param name="Bytes">The file with the first frame's transparency switched off.</param>
/// <param name="Uncovered">Red, green and blue of what the frame does not cover.</param>
internal sealed record GifFirstFrame(byte[] Bytes, (byte Red, byte Green, byte Blue) Uncovered)
{
    private const int HeaderBytes = 13;

    /// <summary>Finds the first frame; null if this is no GIF or is cut before it.</summary>
    public static GifFirstFrame? Of(ReadOnlySpan<byte> file)
    {
        if (file.Length < HeaderBytes || !(file.StartsWith("GIF87a"u8) || file.StartsWith("GIF89a"u8)))
        {
            return null;
        }

        var globalPalette = PaletteAt(file, HeaderBytes, file[10]);
        var (at, control) = (HeaderBytes + globalPalette.Length, -1);
        while (at + 10 < file.Length && file[at] is not 0x3B)
        {
            if (file[at] == 0x2C)
            {
                return Opaque(file, control, PaletteAt(file, at + 10, file[at + 9]) is { IsEmpty: false } local ? local : globalPalette);
            }

            if (file[at] != 0x21)
            {
                at++;
                continue;
            }

            control = file[at + 1] == 0xF9 && file[at + 2] == 4 ? at + 3 : control;
            for (at += 2; at < file.Length && file[at] != 0; at += file[at] + 1)
            {
            }

            at++;
        }

        return null;
    }

    private static GifFirstFrame Opaque(ReadOnlySpan<byte> file, int control, ReadOnlySpan<byte> palette)
    {
        var copy = file.ToArray();
        var index = 0;
        if (control >= 0 && (file[control] & 1) != 0)
        {
            copy[control] &= 0xFE;
            index = file[control + 3];
        }

        var grey = (byte)index;
        return new GifFirstFrame(copy, palette.Length >= 3 * (index + 1)
            ? (palette[3 * index], palette[3 * index + 1], palette[3 * index + 2]) : (grey, grey, grey));
    }

    /// <summary>A colour table whose presence and size a packed field gives.</summary>
    private static ReadOnlySpan<byte> PaletteAt(ReadOnlySpan<byte> file, int at, byte packed)
    {
        var length = (packed & 0x80) == 0 ? 0 : 3 * (2 << (packed & 7));
        return at + length <= file.Length ? file.Slice(at, length) : [];
    }
}
