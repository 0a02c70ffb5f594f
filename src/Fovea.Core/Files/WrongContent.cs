namespace Fovea.Core.Files;

/// <summary>Recognises what often lies in a downloaded file's place: a Git LFS pointer, or a web page.</summary>
public static class WrongContent
{
    private static readonly byte[][] Pages = ["<!doctype html"u8.ToArray(), "<html"u8.ToArray()];

    /// <summary>What a file is instead of the one expected, and what to do; null where its first bytes tell nothing.</summary>
    /// <param name="start">Its first bytes, some 64.</param>
    public static string? Describe(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith("version https://git-lfs"u8))
        {
            return "a Git LFS pointer, not the file itself; fetch it with 'git lfs pull', or download it";
        }

        var text = start.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? start[3..] : start;
        text = text.TrimStart(" \t\r\n"u8);
        foreach (var page in Pages)
        {
            if (text.Length >= page.Length && System.Text.Ascii.EqualsIgnoreCase(text[..page.Length], page))
            {
                return "a web page (HTML), not the file itself; download the file again";
            }
        }

        return null;
    }
}
