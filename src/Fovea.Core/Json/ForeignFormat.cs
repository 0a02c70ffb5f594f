using Fovea.Core.Files;

namespace Fovea.Core.Json;

/// <summary>Tells by its first bytes what a file is that was given as UTF-8 JSON and is none.</summary>
public static class ForeignFormat
{
    private static readonly (byte[] Start, string What)[] Marks =
    [
        ([0xFF, 0xFE, 0, 0], "UTF-32"), ([0, 0, 0xFE, 0xFF], "UTF-32"), ([0xFF, 0xFE], "UTF-16"), ([0xFE, 0xFF], "UTF-16"),
    ];

    private static readonly (byte[] Start, string What)[] Containers =
    [
        ("PAR1"u8.ToArray(), "Parquet"), ("ARROW1"u8.ToArray(), "Arrow"), ("PK\u0003\u0004"u8.ToArray(), "a ZIP archive"), ([0x1F, 0x8B], "gzip"),
    ];

    /// <summary>What the file is and what to do, to follow "expected JSON, got"; null if it may be UTF-8 JSON.</summary>
    /// <param name="start">Its first bytes, 64 or more where it has so many.</param>
    public static string? Describe(ReadOnlySpan<byte> start)
    {
        foreach (var (bytes, what) in Marks)
        {
            if (start.StartsWith(bytes))
            {
                return NotUtf8(what);
            }
        }

        // Without a mark: JSON begins with two characters of ASCII, whose other bytes are zero in wider units.
        if (start.Length >= 4 && (start[0] == 0 || start[1] == 0))
        {
            return NotUtf8(start[..4].Count((byte)0) == 3 ? "UTF-32" : "UTF-16");
        }

        foreach (var (bytes, what) in Containers)
        {
            if (start.StartsWith(bytes))
            {
                return $"what looks like {what}";
            }
        }

        return WrongContent.Describe(start[..Math.Min(start.Length, 64)]);
    }

    private static string NotUtf8(string what) => $"text that is not UTF-8 (looks like {what}); convert it: iconv -f {what} -t UTF-8 FILE > NEW";
}
