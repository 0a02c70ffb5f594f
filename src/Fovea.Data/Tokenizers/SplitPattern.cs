using System.Text;
using System.Text.RegularExpressions;

namespace Fovea.Data.Tokenizers;

/// <summary>
/// A tokenizer's regular expression, written for an engine that sees code points. .NET's sees UTF-16 units, so where a text has characters beyond U+FFFF,
/// it is shown one stand-in of the same general category for each.
/// </summary>
internal sealed class SplitPattern
{
    private const int LongestPattern = 8192;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Regex _regex;

    /// <summary>Compiles a pattern.</summary>
    /// <exception cref="FormatException">The pattern uses what is not supported; the message names it.</exception>
    public SplitPattern(string pattern)
    {
        if (pattern.Length > LongestPattern)
        {
            throw new FormatException($"it has {pattern.Length} characters, more than {LongestPattern}");
        }

        try
        {
            _regex = new Regex(RegexTranslation.ToDotNet(pattern), RegexOptions.CultureInvariant | RegexOptions.Compiled, Patience);
        }
        catch (ArgumentException e)
        {
            throw new FormatException(e.Message, e);
        }
    }

    /// <summary>The non-empty matches as <c>[start, end)</c> in UTF-16 units.</summary>
    public List<(int Start, int End)> Matches(ReadOnlySpan<char> text)
    {
        var matches = new List<(int, int)>(text.Length / 4);
        try
        {
            if (!text.ContainsAnyInRange('\uD800', '\uDFFF'))
            {
                foreach (var match in _regex.EnumerateMatches(text))
                {
                    Add(match.Index, match.Index + match.Length);
                }

                return matches;
            }

            var (shown, at) = StandIns(text);
            foreach (var match in _regex.EnumerateMatches(shown))
            {
                Add(at[match.Index], at[match.Index + match.Length]);
            }
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new FoveaException($"the tokenizer's pattern {_regex} took more than {Patience.TotalSeconds:0} seconds on a text of {text.Length} "
                + $"characters: use a tokenizer without such a pattern, or shorter texts", e);
        }

        return matches;

        void Add(int start, int end)
        {
            if (end > start)
            {
                matches.Add((start, end));
            }
        }
    }

    private static (char[] Shown, int[] At) StandIns(ReadOnlySpan<char> text)
    {
        var (shown, at) = (new char[text.Length], new int[text.Length + 1]);
        var count = 0;
        for (var i = 0; i < text.Length;)
        {
            Rune.DecodeFromUtf16(text[i..], out var rune, out var used);
            at[count] = i;
            shown[count++] = rune.IsBmp ? (char)rune.Value : StandIn(Rune.GetUnicodeCategory(rune));
            i += used;
        }

        at[count] = text.Length;
        return (shown[..count], at);
    }

    // Any character of the category that no pattern names.
    private static char StandIn(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter => '\u0531',
        UnicodeCategory.LowercaseLetter => '\u0561',
        UnicodeCategory.TitlecaseLetter => '\u1F88',
        UnicodeCategory.ModifierLetter => '\u02B0',
        UnicodeCategory.OtherLetter => '\u05D0',
        UnicodeCategory.NonSpacingMark => '\u0300',
        UnicodeCategory.SpacingCombiningMark => '\u0903',
        UnicodeCategory.EnclosingMark => '\u20DD',
        UnicodeCategory.DecimalDigitNumber => '\u0660',
        UnicodeCategory.LetterNumber => '\u2160',
        UnicodeCategory.OtherNumber => '\u09F4',
        UnicodeCategory.ConnectorPunctuation => '\u203F',
        UnicodeCategory.DashPunctuation => '\u2E17',
        UnicodeCategory.OpenPunctuation => '\u2045',
        UnicodeCategory.ClosePunctuation => '\u2046',
        UnicodeCategory.InitialQuotePunctuation => '\u2E02',
        UnicodeCategory.FinalQuotePunctuation => '\u2E03',
        UnicodeCategory.OtherPunctuation => '\u2E0B',
        UnicodeCategory.MathSymbol => '\u2200',
        UnicodeCategory.CurrencySymbol => '\u20A0',
        UnicodeCategory.ModifierSymbol => '\u02C2',
        UnicodeCategory.OtherSymbol => '\u2100',
        UnicodeCategory.Format => '\u2061',
        UnicodeCategory.PrivateUse => '\uE000',
        _ => '\u0378',
    };
}
