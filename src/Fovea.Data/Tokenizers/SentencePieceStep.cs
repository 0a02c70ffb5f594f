using System.Text;

namespace Fovea.Data.Tokenizers;

/// <summary>
/// SentencePiece's normalizer: replacements by the longest match, blanks as U+2581, extra blanks taken away if asked, one blank in front of every stretch,
/// or of the text alone.
/// </summary>
/// <param name="Map">Replacements; null if there are none.</param>
/// <param name="Kept">Strings of the user's that are never replaced, longest first.</param>
/// <param name="RemovesExtraBlanks">Whether leading, trailing and repeated blanks go.</param>
/// <param name="Scheme">Where a blank is put in front.</param>
internal sealed record SentencePieceStep(CharacterMap? Map, IReadOnlyList<string> Kept, bool RemovesExtraBlanks, PrependScheme Scheme) : TextStep
{
    public const char Blank = '\u2581';
    private const int LongestMatch = 64;

    public override AlignedText Apply(AlignedText text)
    {
        if (text.Length == 0)
        {
            return text;
        }

        if (Map is null && !RemovesExtraBlanks)
        {
            var escaped = text.Replace(" ", "\u2581");
            return Prefixes(text.Source(0, 1)) ? escaped.Prepend("\u2581") : escaped;
        }

        return Rewrite(text);
    }

    private bool Prefixes(TextSpan first) => Scheme == PrependScheme.Always || (Scheme == PrependScheme.First && first.Start == 0);

    private AlignedText Rewrite(AlignedText text)
    {
        var result = new AlignedTextBuilder(text);
        var afterBlank = RemovesExtraBlanks;
        var prefix = Prefixes(text.Source(0, 1));
        for (var i = 0; i < text.Length;)
        {
            var (content, length) = Next(text.Chars[i..]);
            var source = text.Source(i, i + length);
            i += length;
            var put = content.AsSpan();
            if (result.Length == 0 && RemovesExtraBlanks && put is " ")
            {
                continue;
            }

            if (prefix)
            {
                result.Put("\u2581", source);
                prefix = false;
            }

            while (afterBlank && put.StartsWith(" "))
            {
                put = put[1..];
            }

            if (put.Length > 0)
            {
                result.Put(put.ToString().Replace(' ', Blank), source);
                afterBlank = RemovesExtraBlanks && put[^1] == ' ';
            }
        }

        while (RemovesExtraBlanks && result.EndsWith(Blank))
        {
            result.DropLast();
        }

        return result.Build();
    }

    private (string Content, int Length) Next(ReadOnlySpan<char> rest)
    {
        foreach (var kept in Kept)
        {
            if (rest.StartsWith(kept))
            {
                return (kept, kept.Length);
            }
        }

        Rune.DecodeFromUtf16(rest, out var rune, out var width);
        if (Map is not null)
        {
            var ahead = rest[..Math.Min(rest.Length, LongestMatch)];
            Span<byte> utf8 = stackalloc byte[LongestMatch * 3];
            var bytes = Encoding.UTF8.GetBytes(ahead, utf8);
            var (length, content) = Map.Longest(utf8[..bytes]);
            if (length > 0)
            {
                return (content, Math.Max(1, Encoding.UTF8.GetCharCount(utf8[..length])));
            }
        }

        return (rune.ToString(), width);
    }
}
