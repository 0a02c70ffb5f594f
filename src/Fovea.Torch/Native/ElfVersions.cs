using System.Buffers.Binary;
using System.Text;

namespace Fovea.Torch.Native;

/// <summary>The few parts of 64-bit little-endian ELF needed to soften a symbol-version requirement.</summary>
internal static class ElfVersions
{
    private const int SymbolSize = 24, RelocationSize = 24, WeakFlag = 2;
    private const uint DynamicSymbols = 11, Relocations = 4, VersionNeeds = 0x6ffffffe, SymbolVersions = 0x6fffffff;

    private readonly record struct Section(uint Type, int Offset, int Size, int Link);

    /// <summary>
    /// Marks weak each version that <paramref name="library"/> must supply only for <paramref name="onlySymbol"/>, if no relocation uses that symbol.
    /// Returns the names of the versions changed.
    /// </summary>
    public static List<string> WeakenUnused(Span<byte> image, string library, string onlySymbol)
    {
        var changed = new List<string>();
        if (image.Length < 64 || !image[..6].SequenceEqual("\u007fELF\u0002\u0001"u8))
        {
            return changed;
        }

        var sections = Sections(image);
        var symbols = sections.First(s => s.Type == DynamicSymbols);
        var strings = sections[symbols.Link];
        var needs = sections.First(s => s.Type == VersionNeeds);
        var versions = sections.First(s => s.Type == SymbolVersions);
        var used = UsedSymbols(image, sections);
        for (int need = needs.Offset, next = -1; next != 0; need += next)
        {
            next = (int)U32(image, need + 12);
            if (Text(image, strings.Offset + (int)U32(image, need + 4)) != library)
            {
                continue;
            }

            int count = U16(image, need + 2), entry = need + (int)U32(image, need + 8);
            for (var k = 0; k < count; k++, entry += (int)U32(image, entry + 12))
            {
                if (!OnlyNeededFor(image, symbols, strings, versions, used, U16(image, entry + 6), onlySymbol))
                {
                    continue;
                }

                BinaryPrimitives.WriteUInt16LittleEndian(image[(entry + 4)..], (ushort)(U16(image, entry + 4) | WeakFlag));
                changed.Add(Text(image, strings.Offset + (int)U32(image, entry + 8)));
            }
        }

        return changed;
    }

    private static List<Section> Sections(ReadOnlySpan<byte> d)
    {
        int start = checked((int)U64(d, 0x28)), size = U16(d, 0x3A), count = U16(d, 0x3C);
        var sections = new List<Section>(count);
        for (var i = 0; i < count; i++)
        {
            var o = start + (i * size);
            sections.Add(new Section(U32(d, o + 4), (int)U64(d, o + 24), (int)U64(d, o + 32), (int)U32(d, o + 40)));
        }

        return sections;
    }

    private static HashSet<uint> UsedSymbols(ReadOnlySpan<byte> d, List<Section> sections)
    {
        var used = new HashSet<uint>();
        foreach (var s in sections)
        {
            for (var o = s.Offset; s.Type == Relocations && o < s.Offset + s.Size; o += RelocationSize)
            {
                used.Add((uint)(U64(d, o + 8) >> 32));
            }
        }

        return used;
    }

    private static bool OnlyNeededFor(
        ReadOnlySpan<byte> d, Section symbols, Section strings, Section versions, HashSet<uint> used, int version, string onlySymbol)
    {
        var any = false;
        for (var s = 1; s < symbols.Size / SymbolSize; s++)
        {
            if ((U16(d, versions.Offset + (2 * s)) & 0x7fff) != version)
            {
                continue;
            }

            any = true;
            var name = Text(d, strings.Offset + (int)U32(d, symbols.Offset + (SymbolSize * s)));
            if (used.Contains((uint)s) || name != onlySymbol)
            {
                return false;
            }
        }

        return any;
    }

    private static ushort U16(ReadOnlySpan<byte> d, int o) => BinaryPrimitives.ReadUInt16LittleEndian(d[o..]);

    private static uint U32(ReadOnlySpan<byte> d, int o) => BinaryPrimitives.ReadUInt32LittleEndian(d[o..]);

    private static ulong U64(ReadOnlySpan<byte> d, int o) => BinaryPrimitives.ReadUInt64LittleEndian(d[o..]);

    private static string Text(ReadOnlySpan<byte> d, int o)
    {
        var rest = d[o..];
        return Encoding.ASCII.GetString(rest[..rest.IndexOf((byte)0)]);
    }
}
