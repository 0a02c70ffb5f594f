using System.Text;

namespace Fovea.Data.Tokenizers;

/// <summary>One step that cuts a stretch of text into words; merging never reaches over a word's end.</summary>
internal abstract record WordStep
{
    public abstract IEnumerable<AlignedText> Apply(AlignedText text);
}

/// <summary>Where <see cref="MetaspaceStep"/> puts its blank in front.</summary>
internal enum PrependScheme
{
    First,
    Always,
    Never,
}

/// <summary>Blanks become a visible character, one of which is put in front unless it is there already.</summary>
internal sealed record MetaspaceStep(string Replacement, PrependScheme Scheme, bool Splits) : WordStep
{
    public override IEnumerable<AlignedText> Apply(AlignedText text)
    {
        var replaced = text.Replace(" ", Replacement);
        var wanted = Scheme == PrependScheme.Always || (Scheme == PrependScheme.First && text.Length > 0 && text.Source(0, 1).Start == 0);
        if (wanted && !replaced.Chars.StartsWith(Replacement))
        {
            replaced = replaced.Prepend(Replacement);
        }

        return Splits ? Split(replaced) : [replaced];
    }

    private IEnumerable<AlignedText> Split(AlignedText text)
    {
        var from = 0;
        while (from < text.Length)
        {
            var next = text.Chars[(from + 1)..].IndexOf(Replacement);
            next = next < 0 ? text.Length : from + 1 + next;
            yield return text.Slice(from, next);
            from = next;
        }
    }
}

/// <summary>What becomes of the stretches that a pattern matches.</summary>
internal enum SplitBehavior
{
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

/// <summary>
/// Cuts at what a finder finds: <c>[start, end)</c> of the matches, in order; <paramref name="Inverted"/> takes what lies between them for the matches.
/// </summary>
internal sealed record SplitStep(ISplitFinder Finder, SplitBehavior Behavior, bool Inverted) : WordStep
{
    public override IEnumerable<AlignedText> Apply(AlignedText text)
    {
        var parts = Parts(text);
        if (Behavior == SplitBehavior.MergedWithNext)
        {
            parts.Reverse();
        }

        var words = new List<(int Start, int End)>(parts.Count);
        var previous = false;
        foreach (var (start, end, matched) in parts)
        {
            var joins = Behavior switch
            {
                SplitBehavior.MergedWithPrevious or SplitBehavior.MergedWithNext => matched && !previous,
                SplitBehavior.Contiguous => matched == previous,
                _ => false,
            };
            if (joins && words.Count > 0)
            {
                words[^1] = (Math.Min(words[^1].Start, start), Math.Max(words[^1].End, end));
            }
            else if (!(matched && Behavior == SplitBehavior.Removed))
            {
                words.Add((start, end));
            }

            previous = matched;
        }

        if (Behavior == SplitBehavior.MergedWithNext)
        {
            words.Reverse();
        }

        return words.Select(w => text.Slice(w.Start, w.End));
    }

    private List<(int Start, int End, bool Matched)> Parts(AlignedText text)
    {
        var found = Finder.Find(text.Chars);
        var parts = new List<(int, int, bool)>(found.Count);
        var from = 0;
        foreach (var (start, end) in found)
        {
            if (start > from)
            {
                parts.Add((from, start, Inverted));
            }

            parts.Add((start, end, !Inverted));
            from = end;
        }

        if (from < text.Length)
        {
            parts.Add((from, text.Length, Inverted));
        }

        return parts;
    }
}

/// <summary>Finds the stretches at which a text is cut.</summary>
internal interface ISplitFinder
{
    List<(int Start, int End)> Find(ReadOnlySpan<char> text);
}

/// <summary>Finds what a regular expression matches.</summary>
internal sealed class PatternFinder(SplitPattern pattern) : ISplitFinder
{
    public List<(int Start, int End)> Find(ReadOnlySpan<char> text) => pattern.Matches(text);
}

/// <summary>Finds runs of characters of one kind, or each by itself.</summary>
internal sealed class CharacterFinder(Func<Rune, bool> isOne, bool runs) : ISplitFinder
{
    /// <summary>Numbers of every kind, as <c>Digits</c> has it.</summary>
    public static bool IsNumber(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    /// <summary>ASCII's punctuation and signs, and Unicode's punctuation, as <c>Punctuation</c> has it.</summary>
    public static bool IsPunctuation(Rune rune) => rune.IsAscii ? rune.Value > 32 && rune.Value < 127 && !Rune.IsLetterOrDigit(rune) : Rune.IsPunctuation(rune);

    public List<(int Start, int End)> Find(ReadOnlySpan<char> text)
    {
        var found = new List<(int Start, int End)>();
        for (var i = 0; i < text.Length;)
        {
            Rune.DecodeFromUtf16(text[i..], out var rune, out var used);
            if (isOne(rune))
            {
                if (runs && found.Count > 0 && found[^1].End == i)
                {
                    found[^1] = (found[^1].Start, i + used);
                }
                else
                {
                    found.Add((i, i + used));
                }
            }

            i += used;
        }

        return found;
    }
}

/// <summary>Puts a blank before a stretch that begins with none, as a byte-level tokenizer with <c>add_prefix_space</c> does.</summary>
internal sealed record PrefixSpaceStep : WordStep
{
    public override IEnumerable<AlignedText> Apply(AlignedText text) => [text.Chars.StartsWith(" ") ? text : text.Prepend(" ")];
}
