using System.Text;

namespace Fovea.Data.Tokenizers;

/// <summary>
/// Canonical ordering (UAX 15) of long runs of combining marks. ICU inserts mark by mark, which takes quadratic time on a run out of order;
/// on one in order it is linear.
/// </summary>
internal static class CombiningMarks
{
    /// <summary>
    /// The same text to normalisation, its runs of more than <paramref name="longest"/> marks decomposed by <paramref name="form"/> (D or KD) and in order.
    /// </summary>
    public static string InOrder(string text, NormalizationForm form, int longest)
    {
        StringBuilder? result = null;
        for (var (from, i) = (0, 0); i <= text.Length; i++)
        {
            if (i < text.Length && IsMark(text, i))
            {
                continue;
            }

            if (i - from > longest)
            {
                result ??= new StringBuilder(text, 0, from, text.Length);
                Sort(text[from..i], form, result);
            }
            else
            {
                result?.Append(text, from, i - from);
            }

            result?.Append(text, i, i < text.Length ? 1 : 0);
            from = i + 1;
        }

        return result?.ToString() ?? text;
    }

    private static bool IsMark(string text, int at) =>
        CharUnicodeInfo.GetUnicodeCategory(text, at - (at > 0 && char.IsLowSurrogate(text[at]) && char.IsHighSurrogate(text[at - 1]) ? 1 : 0))
            is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    private static void Sort(string run, NormalizationForm form, StringBuilder result)
    {
        var parts = run.EnumerateRunes().Distinct().ToDictionary(r => r, r => r.ToString().Normalize(form));
        var marks = run.EnumerateRunes().SelectMany(r => parts[r].EnumerateRunes()).ToList();
        var classes = Classes(marks.Distinct(), form);
        for (var start = 0; start < marks.Count;)
        {
            var end = start;
            while (end < marks.Count && classes.ContainsKey(marks[end]))
            {
                end++;
            }

            foreach (var mark in marks[start..end].OrderBy(m => classes[m]))          // stable
            {
                result.Append(mark.ToString());
            }

            if (end < marks.Count)
            {
                result.Append(marks[end++].ToString());                                // class 0: nothing moves over it
            }

            start = end;
        }
    }

    // .NET does not tell a mark's class, but what normalisation does to two marks tells their order. All but the iota subscript
    // (240, the highest) move before it.
    private static Dictionary<Rune, int> Classes(IEnumerable<Rune> marks, NormalizationForm form)
    {
        const string Highest = "\u0345";
        var movable = marks.Where(m => m.ToString() == Highest || Moves(Highest, m.ToString())).ToList();
        movable.Sort((a, b) => Moves(a.ToString(), b.ToString()) ? 1 : Moves(b.ToString(), a.ToString()) ? -1 : 0);
        var (classes, current) = (new Dictionary<Rune, int>(), 0);
        for (var i = 0; i < movable.Count; i++)
        {
            current += i > 0 && Moves(movable[i].ToString(), movable[i - 1].ToString()) ? 1 : 0;
            classes.Add(movable[i], current);
        }

        return classes;

        bool Moves(string first, string second) => !string.Equals((first + second).Normalize(form), first + second, StringComparison.Ordinal);
    }
}
