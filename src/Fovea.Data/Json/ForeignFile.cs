using System.Text;
using Fovea.Core.Files;

namespace Fovea.Data.Json;

/// <summary>Tells by its first bytes what a file is that was given as UTF-8 JSON and is none.</summary>
internal static class ForeignFile
{
    private static readonly (byte[] Start, string What)[] Kinds =
    [
        ([0xFF, 0xFE, 0, 0], "UTF-32"), ([0, 0, 0xFE, 0xFF], "UTF-32"), ([0xFF, 0xFE], "UTF-16"), ([0xFE, 0xFF], "UTF-16"),
    ];

    private static readonly (string Start, string What)[] Containers =
    [
        ("PAR1", "Parquet"), ("ARROW1", "Arrow"), ("PK\u0003\u0004", "a ZIP archive"), ("\u001f\u008b", "gzip"),
    ];

    /// <summary>What to say of the file; null if it may be UTF-8 JSON.</summary>
    public static string? Recognise(ReadOnlySpan<byte> start)
    {
        foreach (var (bytes, what) in Kinds)
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

        foreach (var (text, what) in Containers)
        {
            if (start.StartsWith(Encoding.Latin1.GetBytes(text)))
            {
                return $"expected JSON or JSON Lines, got what looks like {what}";
            }
        }

        return WrongContent.Describe(start[..Math.Min(start.Length, 64)]) is { } instead ? $"expected JSON or JSON Lines, got {instead}" : null;
    }

    private static string NotUtf8(string what) => $"not UTF-8 (looks like {what}); convert it: iconv -f {what} -t UTF-8 FILE > NEW";
}
