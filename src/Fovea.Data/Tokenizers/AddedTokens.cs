using System.Text;

namespace Fovea.Data.Tokenizers;

/// <summary>A token that is looked for in the text before the model sees it; the flags are those of <c>tokenizer.json</c>.</summary>
internal sealed record AddedToken(int Id, string Content, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized, bool Special);

/// <summary>Finds added tokens in a text: the leftmost, then the longest.</summary>
internal sealed class AddedTokens
{
    private readonly Dictionary<char, (AddedToken Token, string Pattern)[]> _byFirst;

    /// <summary>Makes the finder of tokens, each with the text it is found by.</summary>
    public AddedTokens(IEnumerable<(AddedToken Token, string Pattern)> tokens)
    {
        _byFirst = tokens.Where(t => t.Pattern.Length > 0).GroupBy(t => t.Pattern[0])
            .ToDictionary(g => g.Key, g => g.OrderByDescending(t => t.Pattern.Length).ToArray());
    }

    /// <summary>Cuts a text into stretches <c>[start, end)</c> without an added token (null) and with one.</summary>
    public IEnumerable<(AddedToken? Token, int Start, int End)> Cut(string text)
    {
        var done = 0;
        for (var i = 0; i < text.Length;)
        {
            if (Match(text, i) is not { } match)
            {
                i++;
                continue;
            }

            var (start, end) = (i, i + match.Pattern.Length);
            i = end;
            if (start < done || (match.Token.SingleWord && (EndsInWord(text.AsSpan(0, start)) || BeginsWithWord(text.AsSpan(end)))))
            {
                continue;
            }

            while (match.Token.LeftStrip && start > done && char.IsWhiteSpace(text[start - 1]))
            {
                start--;
            }

            while (match.Token.RightStrip && end < text.Length && char.IsWhiteSpace(text[end]))
            {
                end++;
            }

            if (done < start)
            {
                yield return (null, done, start);
            }

            yield return (match.Token, start, end);
            done = end;
        }

        if (done < text.Length)
        {
            yield return (null, done, text.Length);
        }
    }

    private (AddedToken Token, string Pattern)? Match(string text, int at)
    {
        if (_byFirst.TryGetValue(text[at], out var candidates))
        {
            foreach (var candidate in candidates)
            {
                if (string.CompareOrdinal(text, at, candidate.Pattern, 0, candidate.Pattern.Length) == 0)
                {
                    return candidate;
                }
            }
        }

        return null;
    }

    private static bool EndsInWord(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out var rune, out _) == System.Buffers.OperationStatus.Done && IsWord(rune);

    private static bool BeginsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out var rune, out _) == System.Buffers.OperationStatus.Done && IsWord(rune);

    /// <summary>What <c>\w</c> matches by Unicode (UTS 18): letters, marks, digits, connectors, joiners, and the alphabetic signs in circles.</summary>
    public static bool IsWord(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber => true,
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => true,
        _ => Rune.IsLetter(rune) || rune.Value is 0x200C or 0x200D or (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149)
            or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189),
    };
}
